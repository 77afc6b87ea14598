//! The hostile files: what each holds, and the verdict it must get with `Limits::untrusted()`.

use std::fmt;

use fic_core::{FindingKind, Limit};

pub mod gif;
pub mod jpeg;
pub mod png;
pub mod sniff;
pub mod webp;

/// One hostile file.
pub struct Sample {
    /// The row that it belongs to, such as `J03`.
    pub id: &'static str,
    /// A file name stem, unique, such as `j03_huge_sof_two_entropy_bytes`.
    pub name: String,
    /// The file name extension that an uploader would give it.
    pub extension: &'static str,
    /// What it holds and why that is dangerous, in one sentence.
    pub what: &'static str,
    /// The verdict with `Limits::untrusted()` for a thumbnail, policy at its default.
    pub expect: Expect,
    build: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

/// The verdict on a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A picture is made, and each of these findings is reported (others may be too).
    Accept(&'static [FindingKind]),
    /// Over this limit.
    Limit(Limit),
    /// Refused as malformed, by the outline, admission or the decoder.
    Malformed,
    /// Refused by policy: not a picture, or a dangerous one.
    Refused,
    /// A well-formed picture of a kind that is not decoded.
    Unsupported,
}

impl Sample {
    /// A sample whose bytes `build` makes anew at each call.
    pub fn new(
        id: &'static str,
        name: impl Into<String>,
        extension: &'static str,
        what: &'static str,
        expect: Expect,
        build: impl Fn() -> Vec<u8> + Send + Sync + 'static,
    ) -> Sample {
        Sample { id, name: name.into(), extension, what, expect, build: Box::new(build) }
    }

    /// The bytes of the file; some take megabytes.
    pub fn bytes(&self) -> Vec<u8> {
        (self.build)()
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.name)
    }
}

/// Every sample, in the order of the ids.
pub fn all() -> Vec<Sample> {
    let mut all = jpeg::all();
    all.extend(png::all());
    all.extend(webp::all());
    all.extend(gif::all());
    all.extend(sniff::all());
    all
}
