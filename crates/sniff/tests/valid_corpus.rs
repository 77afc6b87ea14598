//! No valid picture of the corpus is taken for anything else.

use fic_core::Format;
use fic_sniff::{Sniffed, agrees_with_extension, polyglot_marks, sniff};
use fic_testkit::valid;

#[test]
fn every_valid_file_is_sniffed_as_its_format_and_has_no_mark() {
    for format in Format::ALL {
        for file in valid::files(format.name()) {
            let bytes = file.bytes();
            assert_eq!(sniff(&bytes), Sniffed::Picture(format), "{}", file.path);
            assert!(agrees_with_extension(format, &file.path), "{}", file.path);
            assert!(polyglot_marks(format, &bytes, bytes.len()).is_empty(), "{}", file.path);
        }
    }
}
