//! The chunks that make no pixel: colour hints, metadata, and what nobody knows (PNG 11.3).
//!
//! In comes a chunk type; out goes what to do with it. Nothing is inflated.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use std::ops::RangeInclusive;

use super::chunk::Kind;

/// What a chunk is for.
pub(super) enum Role {
    /// A short chunk about colour or print, of a length within this range.
    Hint(RangeInclusive<usize>),
    /// Text, time, EXIF, or a palette nobody asked for: a carrier of bytes.
    Metadata,
    /// Not in the specification, nor in the register of extensions.
    Unknown,
}

/// The role of an ancillary chunk that is not handled by name elsewhere.
pub(super) fn role(kind: &Kind) -> Role {
    match kind {
        b"bKGD" => Role::Hint(1..=6),
        b"cHRM" => Role::Hint(32..=32),
        b"cICP" => Role::Hint(4..=4),
        b"cLLI" | b"cLLi" => Role::Hint(8..=8),
        b"gAMA" => Role::Hint(4..=4),
        b"hIST" => Role::Hint(2..=512),
        b"mDCV" | b"mDCv" => Role::Hint(24..=24),
        b"oFFs" | b"pHYs" => Role::Hint(9..=9),
        b"sBIT" => Role::Hint(1..=4),
        b"sRGB" | b"sTER" => Role::Hint(1..=1),
        b"dSIG" | b"eXIf" | b"fRAc" | b"gIFg" | b"gIFt" | b"gIFx" | b"iTXt" | b"pCAL" | b"sCAL" | b"sPLT"
        | b"tEXt" | b"tIME" | b"zTXt" => Role::Metadata,
        _ => Role::Unknown,
    }
}
