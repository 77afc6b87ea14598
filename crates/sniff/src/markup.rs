//! Markup: SVG, HTML, other XML and PHP, behind white space, byte order marks, comments and a prolog.
//!
//! In come the first bytes in UTF-8, UTF-16 or UTF-32, with or without a byte order mark. NULs are dropped,
//! so that every one of these reads like ASCII: the copy is a kilobyte on the stack.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use memchr::memmem;

use crate::Foreign;
use crate::magic::Match;

/// Characters that are looked at.
const CHARACTERS: usize = 1024;
/// Bytes that they are taken from: UTF-32 has four a character.
const BYTES: usize = 4096;

/// Looks for markup behind whatever may precede it.
pub(crate) fn markup(bytes: &[u8]) -> Match {
    const MARKS: [&[u8]; 4] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"];
    if MARKS.iter().any(|mark| mark.starts_with(bytes)) {
        return Match::NeedMore(bytes.len().saturating_add(1).max(4));
    }
    let window = bytes.get(..BYTES).unwrap_or(bytes);
    let window = MARKS.iter().find_map(|mark| window.strip_prefix(*mark)).unwrap_or(window);
    judge(window, bytes.len())
}

fn judge(window: &[u8], input_len: usize) -> Match {
    let mut copy = [0u8; CHARACTERS];
    let mut len: usize = 0;
    for (to, from) in copy.iter_mut().zip(window.iter().filter(|&&byte| byte != 0)) {
        *to = *from;
        len = len.saturating_add(1);
    }
    let text = copy.get(..len).unwrap_or_default();
    match document(text) {
        Document::Is(foreign) => Match::Is(foreign),
        Document::No => Match::No,
        // The whole window is prolog: whatever its root is, it is markup.
        Document::Undecided if len == CHARACTERS && text.trim_ascii().first() == Some(&b'<') => {
            Match::Is(Foreign::Xml)
        }
        Document::Undecided if len == CHARACTERS => Match::No,
        Document::Undecided => Match::NeedMore(input_len.saturating_add(1)),
    }
}

enum Document {
    Is(Foreign),
    No,
    Undecided,
}

/// XML 1.0 section 2.8: prolog, then the root element. Each turn moves forward by at least four bytes.
fn document(mut text: &[u8]) -> Document {
    let mut is_xml = false;
    loop {
        text = text.trim_ascii_start();
        let Some(rest) = text.strip_prefix(b"<") else {
            return if text.is_empty() { Document::Undecided } else { Document::No };
        };
        let past = match rest {
            [] | [b'!'] | [b'!', b'-'] => None,
            [b'?', ..] => match instruction(rest) {
                Ok(past) => past,
                Err(foreign) => return Document::Is(foreign),
            },
            [b'!', b'-', b'-', ..] => after(rest, b"-->"),
            [b'!', ..] => match declaration(rest) {
                Ok(past) => past,
                Err(foreign) => return Document::Is(foreign),
            },
            [first, ..] if first.is_ascii_alphabetic() || matches!(first, b'_' | b':') => {
                return root(rest, is_xml);
            }
            _ => return Document::No,
        };
        is_xml |= rest.starts_with(b"?xml");
        match past {
            Some(past) => text = past,
            None => return Document::Undecided,
        }
    }
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find(text, end)?;
    text.get(at.saturating_add(end.len())..)
}

/// `<?xml ...?>` and its like are passed over; `<?php`, `<?=` and `<? ` are scripts.
fn instruction(rest: &[u8]) -> Result<Option<&[u8]>, Foreign> {
    match rest.get(1) {
        None => Ok(None),
        Some(b'=') => Err(Foreign::Script),
        Some(byte) if byte.is_ascii_whitespace() => Err(Foreign::Script),
        Some(_) if starts_with_ignoring_case(rest, b"?php") => Err(Foreign::Script),
        Some(_) => Ok(after(rest, b"?>")),
    }
}

/// `<!DOCTYPE name [...]>`; an unknown name leaves the verdict to the root element.
fn declaration(rest: &[u8]) -> Result<Option<&[u8]>, Foreign> {
    let Some(rest) = rest.get(8..).filter(|_| starts_with_ignoring_case(rest, b"!doctype")) else {
        let may_become = rest.len() < 8
            && b"!doctype".get(..rest.len()).is_some_and(|p| starts_with_ignoring_case(rest, p));
        return if may_become { Ok(None) } else { Err(Foreign::Xml) };
    };
    let rest = rest.trim_ascii_start();
    let Some(name) = name(rest) else { return Ok(None) };
    if name.eq_ignore_ascii_case(b"html") {
        return Err(Foreign::Html);
    }
    if local_name(name).eq_ignore_ascii_case(b"svg") {
        return Err(Foreign::Svg);
    }
    let Some(close) = rest.iter().position(|&byte| matches!(byte, b'>' | b'[')) else { return Ok(None) };
    let subset = rest.get(close..).unwrap_or_default();
    let past = if subset.starts_with(b"[") { after(subset, b"]") } else { Some(subset) };
    Ok(past.and_then(|past| after(past, b">")))
}

/// The name of the root element decides.
fn root(rest: &[u8], is_xml: bool) -> Document {
    let Some(name) = name(rest) else { return Document::Undecided };
    let local = local_name(name);
    if local.eq_ignore_ascii_case(b"svg") {
        Document::Is(Foreign::Svg)
    } else if HTML_ELEMENTS.iter().any(|element| local.eq_ignore_ascii_case(element)) {
        Document::Is(Foreign::Html)
    } else if is_xml
        || name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.'))
    {
        Document::Is(Foreign::Xml)
    } else {
        Document::No
    }
}

/// Up to white space, `/`, `>` or `[`; `None` where the text ends first.
fn name(text: &[u8]) -> Option<&[u8]> {
    let end =
        text.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'['))?;
    text.get(..end)
}

/// Without a namespace prefix: `svg:svg` is an SVG root too.
fn local_name(name: &[u8]) -> &[u8] {
    name.rsplit(|&byte| byte == b':').next().unwrap_or(name)
}

fn starts_with_ignoring_case(text: &[u8], lower_case: &[u8]) -> bool {
    text.get(..lower_case.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower_case))
}

/// The elements that browsers take as the start of HTML (WHATWG MIME Sniffing section 7.1), and a few that
/// uploads use for the same end.
const HTML_ELEMENTS: [&[u8]; 26] = [
    b"html",
    b"head",
    b"body",
    b"script",
    b"iframe",
    b"h1",
    b"div",
    b"font",
    b"table",
    b"a",
    b"style",
    b"title",
    b"b",
    b"br",
    b"p",
    b"meta",
    b"link",
    b"img",
    b"form",
    b"object",
    b"embed",
    b"base",
    b"frameset",
    b"video",
    b"audio",
    b"span",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> Option<Foreign> {
        match markup(text.as_bytes()) {
            Match::Is(foreign) => Some(foreign),
            Match::NeedMore(_) | Match::No => None,
        }
    }

    #[test]
    fn finds_the_root_behind_what_may_precede_it() {
        assert_eq!(is(" \r\n<!-- <html> --><svg>"), Some(Foreign::Svg));
        assert_eq!(
            is("<?xml version='1.0'?><?xml-stylesheet href='x'?><s:svg xmlns:s='y'>"),
            Some(Foreign::Svg)
        );
        assert_eq!(is("<!DOCTYPE svg PUBLIC 'x' 'y'>"), Some(Foreign::Svg));
        assert_eq!(is("<!doctype HTML>"), Some(Foreign::Html));
        assert_eq!(is("<!DOCTYPE r [<!ENTITY a 'b'>]><svg/>"), Some(Foreign::Svg));
        assert_eq!(is("<ScRiPt >"), Some(Foreign::Html));
        assert_eq!(is("<?xml version='1.0'?><lolz/>"), Some(Foreign::Xml));
        assert_eq!(is("<?PHP echo"), Some(Foreign::Script));
        assert_eq!(is("< 3 apples"), None);
        assert_eq!(is("plain text"), None);
    }

    #[test]
    fn a_prolog_longer_than_the_window_is_markup_all_the_same() {
        assert_eq!(is(&format!("<!--{}--><svg>", "x".repeat(9000))), Some(Foreign::Xml));
        assert_eq!(is(&" ".repeat(9000)), None);
    }
}
