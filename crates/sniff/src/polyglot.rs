//! Marks of a second nature: bytes that are a picture and also a script, a page, an archive, a document.
//!
//! In comes a whole picture whose outline is known; out goes, for each kind of mark, the first place. It is
//! one linear pass, about 0.1 ms a megabyte. Compressed pixels hold every short pattern sooner or later, so a
//! mark counts only where chance can be ruled out; the odds for random bytes stand at each rule. Re-encoding
//! drops all of them: a mark is a finding, and a policy may refuse it.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

mod openings;

use fic_core::{FindingKind, Findings, Format, Reader};
use memchr::memmem;

use openings::openings;

/// What else the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolyglotMark {
    /// An HTML page: `<html`, `<body`, `<!doctype html`, `<iframe`.
    Html,
    /// A PDF header in the first 1,024 bytes.
    Pdf,
    /// A PHP archive: `__HALT_COMPILER`.
    Phar,
    /// PHP code: `<?php`, or the short form with a request variable or a shell command.
    Php,
    /// JavaScript: the file's own first bytes parse as script, or `<script`.
    Script,
    /// An SVG document: `<svg`.
    Svg,
    /// A ZIP archive (JAR, APK, OOXML): its directory at the end, or an entry after the picture's end.
    Zip,
}

impl PolyglotMark {
    /// Every kind.
    pub const ALL: [PolyglotMark; 7] = [
        PolyglotMark::Html,
        PolyglotMark::Pdf,
        PolyglotMark::Phar,
        PolyglotMark::Php,
        PolyglotMark::Script,
        PolyglotMark::Svg,
        PolyglotMark::Zip,
    ];

    /// The lower-case name for logs, metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            PolyglotMark::Html => "html",
            PolyglotMark::Pdf => "pdf",
            PolyglotMark::Phar => "phar",
            PolyglotMark::Php => "php",
            PolyglotMark::Script => "script",
            PolyglotMark::Svg => "svg",
            PolyglotMark::Zip => "zip",
        }
    }
}

/// The marks of one file: for each kind the first place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolyglotMarks([Option<u64>; PolyglotMark::ALL.len()]);

impl PolyglotMarks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The marks and the offsets where they were first seen, by kind.
    pub fn iter(&self) -> impl Iterator<Item = (PolyglotMark, u64)> + '_ {
        PolyglotMark::ALL.iter().zip(&self.0).filter_map(|(&mark, offset)| Some((mark, (*offset)?)))
    }

    /// Adds a `Polyglot` finding for each mark, the first in the file first.
    pub fn note(&self, findings: &mut Findings) {
        let marks = u64::try_from(self.iter().count()).unwrap_or(u64::MAX);
        if let Some(first) = self.iter().map(|(_, offset)| offset).min() {
            findings.note_many(FindingKind::Polyglot, first, marks);
        }
    }

    fn add(&mut self, mark: PolyglotMark, at: usize) {
        self.add_at(mark, u64::try_from(at).unwrap_or(u64::MAX));
    }

    fn add_at(&mut self, mark: PolyglotMark, at: u64) {
        let slot = PolyglotMark::ALL.iter().zip(&mut self.0).find(|(kind, _)| **kind == mark);
        if let Some((_, slot)) = slot {
            *slot = Some(slot.map_or(at, |first| first.min(at)));
        }
    }
}

/// Of marks of one kind the first in the file counts.
impl FromIterator<(PolyglotMark, u64)> for PolyglotMarks {
    fn from_iter<I: IntoIterator<Item = (PolyglotMark, u64)>>(marks: I) -> PolyglotMarks {
        let mut all = PolyglotMarks::default();
        for (mark, at) in marks {
            all.add_at(mark, at);
        }
        all
    }
}

/// Searches `bytes`, a picture of `format` that ends before `picture_end`, for marks of something else.
pub fn polyglot_marks(format: Format, bytes: &[u8], picture_end: usize) -> PolyglotMarks {
    let mut marks = PolyglotMarks::default();
    if header_is_script(format, bytes) {
        marks.add(PolyglotMark::Script, 0);
    }
    // A five-byte pattern in a kilobyte: 1 in 10^9 files.
    let head = bytes.get(..1024).unwrap_or(bytes);
    if let Some(at) = memmem::find(head, b"%PDF-") {
        marks.add(PolyglotMark::Pdf, at);
    }
    // Fifteen bytes: never by chance.
    if let Some(at) = memmem::find(bytes, b"__HALT_COMPILER") {
        marks.add(PolyglotMark::Phar, at);
    }
    if let Some(at) = zip_directory(bytes).or_else(|| zip_entry(bytes, picture_end)) {
        marks.add(PolyglotMark::Zip, at);
    }
    openings(bytes, |at| {
        if let Some(mark) = bytes.get(at..).and_then(tag) {
            marks.add(mark, at);
        }
    });
    marks
}

/// Whether a script parser can read on after the signature, as in `GIF89a=1;/*`.
///
/// The bytes behind the signature are sizes, so what they mean is known: each rule needs a size that real
/// pictures do not have (a GIF 10,799 wide, or 2,365 and more wide and 8,224 high; a RIFF of odd length; a
/// JFIF header of 12,074 bytes).
fn header_is_script(format: Format, bytes: &[u8]) -> bool {
    let assignment = |size: &[u8]| {
        size.first() == Some(&b'=')
            && size.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
    };
    let comment = |size: &[u8]| size.starts_with(b"/*") || size.starts_with(b"//");
    match format {
        Format::Gif => bytes.get(6..10).is_some_and(|size| assignment(size) || comment(size)),
        Format::WebP => bytes.get(4..8).is_some_and(|size| assignment(size) || comment(size)),
        Format::Jpeg => matches!(bytes, [0xff, 0xd8, 0xff, 0xe0 | 0xfe, b'/', b'*', ..]),
        Format::Png => false,
    }
}

/// The mark that begins with the `<` at the start of `text`.
///
/// The shortest rule, `<svg ` and eight characters of text, has odds of 1 in 10^7 for ten megabytes of
/// random bytes; `<?php` and white space 1 in 10^6 to 10^7; the rest less.
fn tag(text: &[u8]) -> Option<PolyglotMark> {
    let &second = text.get(1)?;
    let mark = match second.to_ascii_lowercase() {
        b'?' => php(text)?,
        b's' if opens(text, b"<script") => PolyglotMark::Script,
        b's' if opens(text, b"<svg") => PolyglotMark::Svg,
        b'h' if opens(text, b"<html") => PolyglotMark::Html,
        b'b' if opens(text, b"<body") => PolyglotMark::Html,
        b'i' if opens(text, b"<iframe") => PolyglotMark::Html,
        b'!' if opens(text, b"<!doctype") && opens(text.get(9..)?.trim_ascii_start(), b"html") => {
            PolyglotMark::Html
        }
        _ => return None,
    };
    is_text(text.get(2..)?).then_some(mark)
}

/// PHP opens with `<?php` and white space; the short forms count with what attacks put behind them.
fn php(text: &[u8]) -> Option<PolyglotMark> {
    let tag = text.get(..5)?;
    let long = tag.eq_ignore_ascii_case(b"<?php") && text.get(5).is_none_or(u8::is_ascii_whitespace);
    (long || tag == b"<?=$_" || tag.starts_with(b"<?=`")).then_some(PolyglotMark::Php)
}

/// Whether `text` begins with the tag `lower_case` and the tag's name ends there.
fn opens(text: &[u8], lower_case: &[u8]) -> bool {
    let named = text.get(..lower_case.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower_case));
    let ended = text
        .get(lower_case.len())
        .is_none_or(|&byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    named && ended
}

/// Whether the next twelve bytes, or as many as there are, are text: for random bytes 1 in 10^5.
fn is_text(text: &[u8]) -> bool {
    text.iter().take(12).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

/// APPNOTE 4.3.16: the end of central directory record, in the last 22 + 65,535 bytes, where every reader of
/// ZIP looks for it. One disk, equal counts of entries and a comment that fits: never by chance.
fn zip_directory(bytes: &[u8]) -> Option<usize> {
    const REACH: usize = 22 + 65_535;
    let from = bytes.len().saturating_sub(REACH);
    let tail = bytes.get(from..)?;
    let found = memmem::find_iter(tail, b"PK\x05\x06").find(|&at| {
        let mut r = Reader::at(tail, at.saturating_add(4));
        let (disk, directory_disk) = (r.u16_le(), r.u16_le());
        let (entries_here, entries) = (r.u16_le(), r.u16_le());
        r.skip(8);
        let comment_len = r.u16_le().map(usize::from);
        disk == Some(0)
            && directory_disk == Some(0)
            && entries_here == entries
            && comment_len.is_some_and(|len| len <= r.remaining())
    })?;
    Some(from.saturating_add(found))
}

/// APPNOTE 4.3.7: a local file header after the picture's end, with a version that exists (at most 6.3).
fn zip_entry(bytes: &[u8], picture_end: usize) -> Option<usize> {
    let trailing = bytes.get(picture_end..)?;
    let found = memmem::find_iter(trailing, b"PK\x03\x04").find(|&at| {
        Reader::at(trailing, at.saturating_add(4)).u16_le().is_some_and(|version| version <= 63)
    })?;
    Some(picture_end.saturating_add(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(format: Format, bytes: &[u8]) -> Vec<(PolyglotMark, u64)> {
        polyglot_marks(format, bytes, bytes.len()).iter().collect()
    }

    #[test]
    fn tags_count_in_any_case_with_text_behind_them() {
        assert_eq!(marks(Format::Jpeg, b"..<?php system($_GET[0]);"), [(PolyglotMark::Php, 2)]);
        assert_eq!(marks(Format::Jpeg, b"..<?=`$_GET[0]`?>"), [(PolyglotMark::Php, 2)]);
        assert_eq!(marks(Format::Jpeg, b"<SCRIPT>alert(1)</SCRIPT>"), [(PolyglotMark::Script, 0)]);
        assert_eq!(marks(Format::Jpeg, b".<!DOCTYPE  html><p>"), [(PolyglotMark::Html, 1)]);
        assert_eq!(marks(Format::Jpeg, b"<svg onload=alert(1)>"), [(PolyglotMark::Svg, 0)]);
    }

    #[test]
    fn metadata_and_chance_do_not_count() {
        assert_eq!(
            marks(Format::Jpeg, b"<?xpacket begin='' id='W5M0'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"),
            []
        );
        assert_eq!(marks(Format::Jpeg, b"<svg \x90\x03\xff\xfe"), []);
        assert_eq!(marks(Format::Jpeg, b"<svgs of interest>"), []);
        assert_eq!(marks(Format::Jpeg, b"PK\x03\x04\x14\0 within the pixels"), []);
    }

    #[test]
    fn sizes_that_read_as_script_count() {
        assert_eq!(marks(Format::Gif, b"GIF89a=1;/*"), [(PolyglotMark::Script, 0)]);
        assert_eq!(marks(Format::Gif, b"GIF89a/*\x01\0"), [(PolyglotMark::Script, 0)]);
        assert_eq!(marks(Format::Gif, b"GIF89a=\x01\x10\0"), []);
        assert_eq!(marks(Format::WebP, b"RIFF/*\0\0WEBP"), [(PolyglotMark::Script, 0)]);
    }

    #[test]
    fn an_archive_counts_by_its_directory_or_by_an_entry_after_the_end() {
        let mut bytes = b"picture PK\x05\x06\0\0\0\0\x01\0\x01\0....----\x02\0ab".to_vec();
        assert_eq!(marks(Format::Png, &bytes), [(PolyglotMark::Zip, 8)]);
        bytes.truncate(27);
        assert_eq!(marks(Format::Png, &bytes), []);
        let entry = b"picture PK\x03\x04\x14\0";
        assert!(!polyglot_marks(Format::Png, entry, 7).is_empty());
    }
}
