//! Where a sample lies: `<kind>/<format>/<name>.<extension>`.

use fic_core::FindingKind;

use crate::samples::{Expect, Sample};

/// The folders of `corpus/` that hold nothing but hostile samples.
pub const FOLDERS: [&str; 4] = ["bomb", "polyglot", "reject", "valid-odd"];

/// A larger sample is built when it is needed.
pub const LARGEST_ON_DISK: usize = 48 << 10;

/// Rows that aim at memory or time, whatever the verdict on a file of theirs.
const RESOURCE_ROWS: [&str; 27] = [
    "J03", "J04", "J05", "J13", "J15", "J19", "J23", "P01", "P02", "P03", "P04", "P06", "P07", "P08", "P09",
    "P10", "P11", "P14", "W02", "W06", "W12", "W13", "W17", "G01", "G06", "G07", "G08",
];

/// The path below `corpus/`.
pub fn path(sample: &Sample) -> String {
    format!("{}/{}/{}.{}", folder(sample), format(sample), sample.name, sample.extension)
}

/// A file that is something else too is a polyglot; one that aims at memory or time is a bomb; what is left
/// is odd but valid where a picture comes of it, and to be rejected where none does.
fn folder(sample: &Sample) -> &'static str {
    match sample.expect {
        Expect::Accept(findings) if findings.contains(&FindingKind::Polyglot) => "polyglot",
        _ if sample.id.starts_with('S') => "polyglot",
        Expect::Limit(_) => "bomb",
        _ if RESOURCE_ROWS.contains(&sample.id) => "bomb",
        Expect::Accept(_) => "valid-odd",
        Expect::Malformed | Expect::Refused | Expect::Unsupported => "reject",
    }
}

/// The format that the row is about; for the rows about sniffing, the one that the name claims.
fn format(sample: &Sample) -> &'static str {
    match (sample.id.as_bytes().first(), sample.extension) {
        (Some(b'J'), _) | (_, "jpg") => "jpeg",
        (Some(b'P'), _) | (_, "png") => "png",
        (Some(b'W'), _) | (_, "webp") => "webp",
        (Some(b'G'), _) | (_, "gif") => "gif",
        _ => "other",
    }
}

/// The public report that describes the attack, where the row names one; the row otherwise.
pub fn reference(sample: &Sample) -> &'static str {
    match sample.id {
        "J04" => "LJT-01-003",
        "W01" => "CVE-2023-4863",
        id => id,
    }
}
