//! The places and the distances between them.

use crate::assumptions::{KILOMETRES_PER_MS, NEAREST_MS};
use crate::chance::Chance;

const EARTH_RADIUS_KM: f64 = 6_371.0;

/// A point on the globe, in degrees.
#[derive(Clone, Copy)]
pub struct Point {
    pub latitude: f64,
    pub longitude: f64,
}

const fn at(latitude: f64, longitude: f64) -> Point {
    Point { latitude, longitude }
}

/// The regions of Cloudflare's location hints: the approximate centre, and the share of places.
const REGIONS: [(Point, f64); 9] = [
    (at(39.0, -118.0), 0.07), // western North America
    (at(38.0, -83.0), 0.13),  // eastern North America
    (at(-12.0, -55.0), 0.17), // South America
    (at(47.0, 4.0), 0.13),    // western Europe
    (at(50.0, 23.0), 0.10),   // eastern Europe
    (at(22.0, 105.0), 0.25),  // Asia-Pacific
    (at(-33.0, 145.0), 0.04), // Oceania
    (at(2.0, 20.0), 0.06),    // Africa
    (at(28.0, 47.0), 0.05),   // the Middle East
];
/// How far a place may be from the centre of its region.
const SPREAD: Point = at(10.0, 15.0);

/// The service's location is unknown. The model puts it in western Europe.
pub const SERVICE: Point = at(51.5, 0.0);
/// KV has few central stores. The model has one in Europe and one in North America.
const KV_STORES: [Point; 2] = [at(50.0, 8.0), at(39.0, -77.0)];

pub fn draw_place(chance: &mut Chance) -> Point {
    let mut left = chance.share();
    let mut middle = SERVICE;
    for (region, share) in REGIONS {
        middle = region;
        if left < share {
            break;
        }
        left -= share;
    }
    let mut off = |spread: f64| chance.between(-spread, spread);
    at(middle.latitude + off(SPREAD.latitude), middle.longitude + off(SPREAD.longitude))
}

pub fn round_trip_ms(from: Point, to: Point) -> f64 {
    NEAREST_MS + kilometres(from, to) / KILOMETRES_PER_MS
}

pub fn round_trip_to_kv_ms(from: Point) -> f64 {
    KV_STORES.into_iter().map(|store| round_trip_ms(from, store)).fold(f64::INFINITY, f64::min)
}

/// Returns the distance along the great circle, by the haversine formula.
fn kilometres(from: Point, to: Point) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let parallels = from.latitude.to_radians().cos() * to.latitude.to_radians().cos();
    let chord = half(to.latitude - from.latitude) + parallels * half(to.longitude - from.longitude);
    2.0 * EARTH_RADIUS_KM * chord.sqrt().asin()
}
