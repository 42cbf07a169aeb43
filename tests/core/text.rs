use pay4power_auth::text::one_line;

#[test]
fn one_line_is_one_short_line() {
    assert_eq!(one_line("  a\r\nb\u{1b}[31m  ", 99), "a  b [31m");
    assert_eq!(one_line("äöüäöü", 3), "äöü…");
    assert_eq!(one_line("äöü", 3), "äöü");
}
