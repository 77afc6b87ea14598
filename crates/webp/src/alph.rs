//! The alpha chunk (RFC 9649, section 2.7.1.2): in comes the payload of `ALPH`, out come its first byte's
//! fields; later its rows, with the filter undone.
//!
//! Refused: preprocessing and compression that the format reserves, raw alpha of fewer bytes than pixels.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Span};

use crate::malformed;
use crate::riff::offset_of;

/// How a value is predicted from its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    None,
    Horizontal,
    Vertical,
    Gradient,
}

/// How the values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Raw,
    /// A VP8L stream without its header; alpha is its green.
    Lossless,
}

/// What the first byte states, and where the values are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alph {
    pub(crate) filter: Filter,
    pub(crate) compression: Compression,
    /// The values in the file.
    pub(crate) data: Span,
}

impl Alph {
    /// Reads the payload at `span` for a frame of that many pixels.
    pub(crate) fn read(input: &[u8], span: Span, pixels: u64) -> Result<Alph, Error> {
        let offset = offset_of(span.start);
        let Some(&fields) = span.of(input).first() else {
            return Err(malformed("empty ALPH chunk", offset));
        };
        let preprocessing = (fields >> 4) & 3;
        if preprocessing > 1 {
            return Err(
                malformed("ALPH preprocessing that the format reserves", offset).found(preprocessing.into())
            );
        }
        let filter = match (fields >> 2) & 3 {
            0 => Filter::None,
            1 => Filter::Horizontal,
            2 => Filter::Vertical,
            _ => Filter::Gradient,
        };
        let data = Span { start: span.start.saturating_add(1), end: span.end };
        let compression = match fields & 3 {
            0 => Compression::Raw,
            1 => Compression::Lossless,
            other => {
                return Err(
                    malformed("ALPH compression that the format reserves", offset).found(other.into())
                );
            }
        };
        let bytes = offset_of(data.len());
        if compression == Compression::Raw && bytes < pixels {
            return Err(malformed("raw ALPH of fewer bytes than pixels", offset)
                .found(bytes)
                .allowed(pixels));
        }
        Ok(Alph { filter, compression, data })
    }
}
