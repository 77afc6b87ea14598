//! Outlines: linear, without memory that the file sizes, the same each time.

use fic_core::{Error, Header};

use super::check_error;

/// Far more than any outline holds, far less than a file could ask for.
const MOST_HEAP: u64 = 64 << 10;

macro_rules! outline_target {
    ($name:ident, $krate:ident) => {
        /// Any bytes through the outline, and what it found through admission.
        pub fn $name(data: &[u8]) {
            let (first, peak) = crate::heap::measure(|| $krate::outline(data));
            assert!(peak <= MOST_HEAP, "{peak} bytes of heap");
            let first = first.map(|outline| outline.header().clone());
            let second = $krate::outline(data).map(|outline| outline.header().clone());
            check(data, first, second);
        }
    };
}

outline_target!(gif, fic_gif);
outline_target!(jpeg, fic_jpeg);
outline_target!(png, fic_png);
outline_target!(webp, fic_webp);

fn check(data: &[u8], first: Result<Header, Error>, second: Result<Header, Error>) {
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(format!("{first:?}"), format!("{second:?}"), "two outlines of the same bytes");
            let len = data.len() as u64;
            assert!(first.trailing_bytes <= len && first.metadata_bytes <= len && first.icc_bytes <= len);
            assert!(first.findings.iter().all(|finding| finding.offset <= len), "a finding outside the file");
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.to_string(), second.to_string(), "two verdicts on the same bytes");
            assert!(
                first.offset().is_none_or(|offset| offset <= data.len() as u64),
                "an error outside the file"
            );
            check_error(&first);
        }
        (first, second) => panic!("once {first:?}, once {second:?}"),
    }
}
