//! Text on one line.

/// Returns whether a character breaks a line or is another control character, which a terminal obeys.
pub fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns at most `max` characters of `text`, on one line. The service's text can be long, and could
/// forge lines of a log.
pub fn one_line(text: &str, max: usize) -> String {
    let text = text.trim();
    let line: String =
        text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).take(max).collect();
    if text.chars().count() > max { line + "…" } else { line.trim_end().to_owned() }
}
