//! Sniffing, labels and polyglot marks.

use fic_core::Format;
use fic_sniff::Sniffed;

/// Any bytes: a verdict, the same for a longer prefix of the same file, and marks inside the file.
pub fn sniff(data: &[u8]) {
    let verdict = fic_sniff::sniff(data);
    if let Sniffed::NeedMore { at_least } = verdict {
        assert!(at_least > data.len(), "needs {at_least} bytes and has {}", data.len());
    }
    if let (Sniffed::Picture(format), Some(longer)) = (verdict, data.get(..data.len().min(32))) {
        assert_eq!(fic_sniff::sniff(longer), Sniffed::Picture(format), "another verdict on the first bytes");
    }
    if let Err(error) = verdict.require_picture() {
        super::check_error(&error);
    }
    let label = String::from_utf8_lossy(data.get(..64).unwrap_or(data));
    for format in Format::ALL {
        fic_sniff::agrees_with_media_type(format, &label);
        fic_sniff::agrees_with_extension(format, &label);
        for end in [0, data.len() / 2, data.len()] {
            for (_, offset) in fic_sniff::polyglot_marks(format, data, end).iter() {
                assert!(offset < data.len() as u64, "a mark outside the file");
            }
        }
    }
}
