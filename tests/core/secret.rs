use pay4power_auth::secret::{MIN_REDACTED_LENGTH, Secret, credentials, one_line, redact};

#[test]
fn a_secret_prints_as_redacted() {
    let secret = Secret::new("PRIV_KEY_sandbox".to_owned());
    assert_eq!(format!("{secret:?}"), "[redacted]");
    assert_eq!(secret.expose(), "PRIV_KEY_sandbox");
}

#[test]
fn every_appearance_is_replaced_but_not_of_short_ones() {
    let secrets = ["12345678", "1234567"];
    assert_eq!(secrets[0].len(), MIN_REDACTED_LENGTH);
    let text = "a 12345678 b 12345678, 1234567.".to_owned();
    let redacted = secrets.into_iter().fold(text, redact);
    assert_eq!(redacted, "a [redacted] b [redacted], 1234567.");
}

#[test]
fn credentials_are_what_follows_the_scheme() {
    assert_eq!(credentials("Bearer abc"), "abc");
    assert_eq!(credentials("abc"), "abc");
}

#[test]
fn one_line_is_one_short_line() {
    assert_eq!(one_line("  a\r\nb\u{1b}[31m  ", 99), "a  b [31m");
    assert_eq!(one_line("äöüäöü", 3), "äöü…");
}
