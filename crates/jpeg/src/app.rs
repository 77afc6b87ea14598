//! What application segments say about the picture: JFIF, Adobe, EXIF, ICC, XMP, MPF.
//!
//! In come payloads; out go flags and spans. Nothing in them can make a file refused; the pixels of
//! thumbnails and the text of XMP are never looked at.
#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Reader, Span};

use crate::icc::IccSegments;
use crate::marker;
use crate::segments::Segment;

/// What the application segments in front of the first scan say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applications {
    /// Whether a JFIF segment is there.
    pub(crate) jfif: bool,
    /// The colour transform of Adobe's segment.
    pub(crate) adobe_transform: Option<u8>,
    /// The first EXIF segment: the TIFF structure in it.
    pub(crate) exif: Option<Span>,
    /// Bytes of XMP.
    pub(crate) xmp_bytes: u64,
    /// Whether a multi-picture index (CIPA DC-007) is there.
    pub(crate) mpf: bool,
    /// The ICC profile's segments.
    pub(crate) icc: IccSegments,
}

/// What kind of thing a segment holds, as far as its bytes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Facts about the stream itself (JFIF, Adobe) or the ICC profile: counted elsewhere.
    Facts,
    /// EXIF, XMP, comments and what else programs put there.
    Metadata,
}

impl Applications {
    /// Takes in one APPn or COM segment.
    pub(crate) fn take(&mut self, input: &[u8], segment: &Segment) -> Holds {
        let payload = segment.payload.of(input);
        match segment.marker {
            // JFIF 1.02; libjpeg asks for 14 bytes too.
            marker::APP0 if payload.starts_with(b"JFIF\0") && payload.len() >= 14 => {
                self.jfif = true;
                Holds::Facts
            }
            marker::APP1 if payload.starts_with(EXIF) => {
                let start = segment.payload.start.saturating_add(EXIF.len());
                self.exif = self.exif.or(Some(Span { start, end: segment.payload.end }));
                Holds::Metadata
            }
            marker::APP1 if payload.starts_with(b"http://ns.adobe.com/x") => {
                let bytes = u64::try_from(payload.len()).unwrap_or(u64::MAX);
                self.xmp_bytes = self.xmp_bytes.saturating_add(bytes);
                Holds::Metadata
            }
            marker::APP2 if payload.starts_with(b"MPF\0") => {
                self.mpf = true;
                Holds::Metadata
            }
            marker::APP2 if self.icc.take(payload) => Holds::Facts,
            // Adobe technical note 5116: "Adobe", version, two flags, transform.
            marker::APP14 if payload.starts_with(b"Adobe") && payload.len() >= 12 => {
                self.adobe_transform = Reader::at(payload, 11).u8();
                Holds::Facts
            }
            _ => Holds::Metadata,
        }
    }
}

const EXIF: &[u8] = b"Exif\0\0";
