use pay4power_auth::lifecycle::{Phase, TokenPoints};

use super::story::HOUR_MS;

const END: i64 = 1_000_000_000;

#[test]
fn every_point_scales_with_the_lifetime() {
    // Lifetime, `refresh_ahead`, jitter; how long before the expiry the refresh, wait and dead points are.
    let table = [
        (3_000, 0.2, 0.0, 600, 150, 60),
        (3_000, 0.2, 0.5, 750, 150, 60),
        (3_000, 0.2, 1.0, 900, 150, 60),
        (60_000, 0.2, 0.0, 12_000, 3_000, 1_200),
        (60_000, 0.2, 0.5, 15_000, 3_000, 1_200),
        (60_000, 0.2, 1.0, 18_000, 3_000, 1_200),
        (HOUR_MS, 0.2, 0.0, 720_000, 30_000, 2_000),
        (HOUR_MS, 0.2, 0.5, 900_000, 30_000, 2_000),
        (HOUR_MS, 0.2, 1.0, 1_080_000, 30_000, 2_000),
        // Without refresh-ahead, the refresh point is the wait point, with any jitter.
        (3_000, 0.0, 0.0, 150, 150, 60),
        (60_000, 0.0, 1.0, 3_000, 3_000, 1_200),
        (HOUR_MS, 0.0, 0.5, 30_000, 30_000, 2_000),
        // A refresh point after the wait point is moved to the wait point.
        (60_000, 0.01, 0.0, 3_000, 3_000, 1_200),
        (3_000, 0.9, 0.0, 2_700, 150, 60),
        (60_000, 0.9, 0.0, 54_000, 3_000, 1_200),
        (HOUR_MS, 0.9, 0.0, 3_240_000, 30_000, 2_000),
    ];
    for (lifetime, ahead, jitter, refresh, wait, dead) in table {
        let points = TokenPoints::new(END, lifetime, ahead, jitter);
        let expected = TokenPoints {
            refresh_point_ms: END - refresh,
            wait_point_ms: END - wait,
            dead_point_ms: END - dead,
        };
        assert_eq!(points, expected, "{lifetime} ms, {ahead}, {jitter}");
    }
}

#[test]
fn each_phase_begins_at_its_point_and_not_a_millisecond_before() {
    for lifetime in [3_000, 60_000, HOUR_MS] {
        for (ahead, jitter) in [(0.2, 0.0), (0.2, 0.5), (0.2, 1.0), (0.9, 0.0), (0.9, 1.0)] {
            let points = TokenPoints::new(END, lifetime, ahead, jitter);
            for (at, phase) in [
                (points.refresh_point_ms - 1, Phase::Fresh),
                (points.refresh_point_ms, Phase::RefreshSoon),
                (points.wait_point_ms - 1, Phase::RefreshSoon),
                (points.wait_point_ms, Phase::Expiring),
                (points.dead_point_ms - 1, Phase::Expiring),
                (points.dead_point_ms, Phase::Expired),
            ] {
                assert_eq!(points.phase(at), phase, "{lifetime} ms, {ahead}, {jitter}, at {at}");
            }
        }
        let points = TokenPoints::new(END, lifetime, 0.0, 1.0);
        assert_eq!(points.phase(points.wait_point_ms - 1), Phase::Fresh);
        assert_eq!(points.phase(points.wait_point_ms), Phase::Expiring);
    }
}

#[test]
fn the_shortest_lives_keep_their_points_in_order() {
    for lifetime in [-5, 0, 1, 19, 20, 49, 50, 99, 100] {
        let points = TokenPoints::new(END, lifetime, 0.9, 1.0);
        assert!(points.refresh_point_ms <= points.wait_point_ms, "{lifetime}");
        assert!(points.wait_point_ms <= points.dead_point_ms, "{lifetime}: {points:?}");
    }
    assert_eq!(TokenPoints::new(END, 0, 0.2, 0.5).phase(END), Phase::Expired);
}

#[test]
fn an_invalid_jitter_counts_as_0_or_1() {
    let without = TokenPoints::new(END, 60_000, 0.2, 0.0);
    for odd in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(TokenPoints::new(END, 60_000, 0.2, odd), without, "{odd}");
    }
    let most = TokenPoints::new(END, 60_000, 0.2, 1.0);
    assert_eq!(TokenPoints::new(END, 60_000, 0.2, f64::INFINITY), most);
}

#[test]
fn a_new_token_is_never_due_for_a_refresh_at_once() {
    for lifetime in [3_000, 60_000, HOUR_MS] {
        for ahead in [0.0, 0.2, 0.5, 0.6, 0.7, 0.8, 0.9] {
            let points = TokenPoints::new(END, lifetime, ahead, 1.0);
            let fresh = points.refresh_point_ms - (END - lifetime);
            assert!(fresh >= lifetime / 20, "{lifetime} ms, {ahead}: fresh for {fresh} ms");
        }
    }
}
