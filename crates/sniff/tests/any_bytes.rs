//! Whatever the bytes and labels are: an answer, no panic.

use fic_core::Format;
use fic_sniff::{agrees_with_extension, agrees_with_media_type, polyglot_marks, sniff};
use proptest::prelude::*;

proptest! {
    #[test]
    fn an_answer_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2048), end in 0usize..3000) {
        let _ = sniff(&bytes).require_picture();
        for format in Format::ALL {
            for (_, offset) in polyglot_marks(format, &bytes, end).iter() {
                prop_assert!(offset < bytes.len() as u64);
            }
        }
    }

    #[test]
    fn an_answer_for_any_markup(text in "[<>!?\\-\\[\\]a-z \u{0}:/]{0,200}") {
        let _ = sniff(text.as_bytes());
    }

    #[test]
    fn an_answer_for_any_label(label in ".*") {
        let _ = agrees_with_media_type(Format::Png, &label);
        let _ = agrees_with_extension(Format::Png, &label);
    }
}
