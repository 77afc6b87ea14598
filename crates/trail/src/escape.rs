//! Text of a caller as it is logged: bounded, and without a character that ends a line, starts an escape sequence of
//! a terminal or turns the direction of writing.

use std::fmt::{self, Write};

/// The most bytes that a label has in a log; what is longer ends in `...`.
pub const LABEL_BYTES: usize = 128;

/// A label as it is logged: [`printable`] characters, the rest as escapes, at most [`LABEL_BYTES`] bytes.
///
/// ```
/// use fic_trail::Label;
///
/// assert_eq!(Label("tenant-42").to_string(), "tenant-42");
/// assert_eq!(Label("a\n\u{1b}[31mroot\u{202e}").to_string(), "a\\n\\u{1b}[31mroot\\u{202e}");
/// assert_eq!(Label("he said \"\\\"").to_string(), "he said \\\"\\\\\\\"");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Label<'a>(pub &'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MORE: &str = "...";
        let mut room = LABEL_BYTES.saturating_sub(MORE.len());
        for c in self.0.chars() {
            let length = written(c);
            if length > room {
                return f.write_str(MORE);
            }
            room = room.saturating_sub(length);
            if needs_escape(c) { write!(f, "{}", escaped(c))? } else { f.write_char(c)? }
        }
        Ok(())
    }
}

/// Whether a character stands for itself in a log: it does not end a line, is not part of a terminal's escape
/// sequence, does not reorder or hide what is around it, is to be seen itself, and is for no one's private use.
pub fn printable(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}');
    !c.is_control() && !invisible
}

/// A quotation mark would end a value in a line of text, and a backslash forge an escape.
fn needs_escape(c: char) -> bool {
    !printable(c) || matches!(c, '"' | '\\')
}

fn escaped(c: char) -> std::char::EscapeDefault {
    c.escape_default()
}

fn written(c: char) -> usize {
    if needs_escape(c) { escaped(c).len() } else { c.len_utf8() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ends_a_line_or_turns_it_survives() {
        let all: String = (0..=0x0010_ffff).filter_map(char::from_u32).collect();
        for text in all.chars().collect::<Vec<_>>().chunks(10) {
            let text: String = text.iter().collect();
            let label = Label(&text).to_string();
            assert!(label.chars().all(printable), "{label:?}");
            assert!(label.len() <= LABEL_BYTES);
        }
    }

    #[test]
    fn a_long_label_is_cut_between_characters_and_says_so() {
        let label = Label(&"é".repeat(1 << 20)).to_string();
        assert!(label.len() <= LABEL_BYTES && label.ends_with("é..."));
        let label = Label(&"\n".repeat(1 << 20)).to_string();
        assert!(label.len() <= LABEL_BYTES && label.ends_with("\\n..."));
    }

    #[test]
    fn two_labels_that_differ_in_what_is_escaped_stay_apart() {
        assert_ne!(Label("a\\n").to_string(), Label("a\n").to_string());
    }
}
