//! Names of files as they are printed: nobody who names a file writes a line of the log.

use std::fmt::Write;
use std::path::Path;

/// The path with control characters, line separators and bidirectional overrides as escapes.
pub(crate) fn printable(path: &Path) -> String {
    let mut out = String::new();
    for c in path.to_string_lossy().chars() {
        let reorders =
            matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
        if c.is_control() || reorders {
            // Writing to a string cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_a_line_or_paint_the_terminal() {
        let name = Path::new("a\n\u{1b}[31mok.png: done\u{202e}");
        assert_eq!(printable(name), "a\\n\\u{1b}[31mok.png: done\\u{202e}");
        assert_eq!(printable(Path::new("grün/日本.png")), "grün/日本.png");
    }
}
