//! What a picture may cost at most: plain numbers, a preset for each kind of sender.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Error, Stage};

/// Upper bounds on what one picture may cost. `Default` is [`Limits::untrusted`]: bytes from a stranger.
///
/// There is no "unlimited": write `u64::MAX`, so that a reviewer sees it. As TOML every field is optional
/// and falls back to the `untrusted` preset; an unknown field is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Length of the upload in bytes. Checked by the facade before anything is read, all formats.
    pub max_input_bytes: u64,
    /// Width in pixels of the picture (for an animation: of the canvas). Admission, all formats.
    pub max_width: u32,
    /// Height in pixels. Admission, all formats.
    pub max_height: u32,
    /// Width times height. Admission, all formats; for GIF and WebP animations the canvas and each decoded
    /// frame count.
    pub max_pixels: u64,
    /// Frames that will be *decoded*. A file may hold more when only the first is wanted. Admission.
    pub max_frames: u64,
    /// JPEG scans of any frame type. Admission; other formats have none.
    pub max_scans: u64,
    /// Bytes of decoding tables: JPEG DHT and DQT segments; for VP8L the bytes of memory that its Huffman tables
    /// will take beyond four for each pixel (a photograph's take half a byte a pixel, a collage's up to four).
    /// Admission.
    pub max_table_bytes: u64,
    /// Bytes of metadata in the file (text, EXIF, XMP, comments, unknown chunks). They are never decoded, so
    /// this is about carriers, not cost. Admission, all formats.
    pub max_metadata_bytes: u64,
    /// Bytes of an ICC profile after decompression. A larger profile is ignored with a finding.
    pub max_icc_bytes: u64,
    /// Heap bytes held at once from admission to the encoded output. Admission by prediction, then the
    /// [`Budget`](crate::Budget) while the work runs.
    pub max_heap_bytes: u64,
    /// Work units, about a nanosecond each on the reference machine, computed from the outline, so the same
    /// file gets the same verdict everywhere. Admission.
    pub max_work: u64,
    /// Wall time from the start of the call, checked between bands of rows. The second line of defence:
    /// a decoder that does not come back is only ended by a worker process.
    #[serde(rename = "max_wall_ms", with = "millis")]
    pub max_wall: Duration,
    /// Pixels of the picture that is made. Checked against the recipe before any decoding.
    pub max_output_pixels: u64,
}

impl Limits {
    /// Uploads from strangers: photos of up to 100 megapixels.
    pub const fn untrusted() -> Limits {
        Limits {
            max_input_bytes: 64 << 20,
            max_width: 32_768,
            max_height: 32_768,
            max_pixels: 100_000_000,
            max_frames: 1_000,
            max_scans: 64,
            max_table_bytes: 1 << 20,
            max_metadata_bytes: 16 << 20,
            max_icc_bytes: 4 << 20,
            max_heap_bytes: 512 << 20,
            max_work: 4_000_000_000,
            max_wall: Duration::from_secs(10),
            max_output_pixels: 16_777_216,
        }
    }

    /// Avatars and icons: small files, small pictures, one frame.
    pub const fn strict_avatar() -> Limits {
        Limits {
            max_input_bytes: 8 << 20,
            max_width: 8_192,
            max_height: 8_192,
            max_pixels: 25_000_000,
            max_frames: 1,
            max_scans: 24,
            max_table_bytes: 256 << 10,
            max_metadata_bytes: 1 << 20,
            max_icc_bytes: 1 << 20,
            max_heap_bytes: 128 << 20,
            max_work: 1_000_000_000,
            max_wall: Duration::from_secs(2),
            max_output_pixels: 1_048_576,
        }
    }

    /// Your own archive: anything that fits in four gigabytes of memory and a few minutes.
    pub const fn trusted() -> Limits {
        Limits {
            max_input_bytes: 2 << 30,
            max_width: 65_535,
            max_height: 65_535,
            max_pixels: 1_000_000_000,
            max_frames: 100_000,
            max_scans: 1_000,
            max_table_bytes: 64 << 20,
            max_metadata_bytes: 1 << 30,
            max_icc_bytes: 16 << 20,
            max_heap_bytes: 4 << 30,
            max_work: 300_000_000_000,
            max_wall: Duration::from_secs(300),
            max_output_pixels: 268_435_456,
        }
    }

    /// The preset of that name: `untrusted`, `strict_avatar` or `trusted`.
    pub fn preset(name: &str) -> Option<Limits> {
        match name {
            "untrusted" => Some(Limits::untrusted()),
            "strict_avatar" => Some(Limits::strict_avatar()),
            "trusted" => Some(Limits::trusted()),
            _ => None,
        }
    }

    /// Checks the sides and the area of a picture or canvas.
    ///
    /// # Errors
    /// `Limit` naming `max_width`, `max_height` or `max_pixels`.
    pub fn check_size(&self, stage: Stage, width: u32, height: u32) -> Result<(), Error> {
        let sides = |limit, allowed: u64, found: u64| {
            Err(Error::limit(stage, limit, allowed, found).with_size(width, height))
        };
        let area = u64::from(width).saturating_mul(u64::from(height));
        if area > self.max_pixels {
            return sides(Limit::MaxPixels, self.max_pixels, area);
        }
        if width > self.max_width {
            return sides(Limit::MaxWidth, self.max_width.into(), width.into());
        }
        if height > self.max_height {
            return sides(Limit::MaxHeight, self.max_height.into(), height.into());
        }
        Ok(())
    }

    /// `Ok` when `found` is at most the value of `limit`.
    ///
    /// # Errors
    /// `Limit` with that name, the value allowed and the value found.
    pub fn check(&self, stage: Stage, limit: Limit, found: u64) -> Result<(), Error> {
        let allowed = self.value(limit);
        if found > allowed { Err(Error::limit(stage, limit, allowed, found)) } else { Ok(()) }
    }

    /// The value that `limit` names; `max_wall` in milliseconds.
    pub fn value(&self, limit: Limit) -> u64 {
        match limit {
            Limit::MaxFrames => self.max_frames,
            Limit::MaxHeapBytes => self.max_heap_bytes,
            Limit::MaxHeight => self.max_height.into(),
            Limit::MaxIccBytes => self.max_icc_bytes,
            Limit::MaxInputBytes => self.max_input_bytes,
            Limit::MaxMetadataBytes => self.max_metadata_bytes,
            Limit::MaxOutputPixels => self.max_output_pixels,
            Limit::MaxPixels => self.max_pixels,
            Limit::MaxScans => self.max_scans,
            Limit::MaxTableBytes => self.max_table_bytes,
            Limit::MaxWall => u64::try_from(self.max_wall.as_millis()).unwrap_or(u64::MAX),
            Limit::MaxWidth => self.max_width.into(),
            Limit::MaxWork => self.max_work,
        }
    }
}

/// One `with_` method for each field, so a change of one limit reads as one line.
macro_rules! with_setters {
    ($($name:ident, $field:ident: $type:ty;)*) => {
        impl Limits {
            $(
                #[doc = concat!("These limits with another `", stringify!($field), "`.")]
                #[must_use]
                pub const fn $name(mut self, $field: $type) -> Limits {
                    self.$field = $field;
                    self
                }
            )*
        }
    };
}

with_setters! {
    with_max_input_bytes, max_input_bytes: u64;
    with_max_width, max_width: u32;
    with_max_height, max_height: u32;
    with_max_pixels, max_pixels: u64;
    with_max_frames, max_frames: u64;
    with_max_scans, max_scans: u64;
    with_max_table_bytes, max_table_bytes: u64;
    with_max_metadata_bytes, max_metadata_bytes: u64;
    with_max_icc_bytes, max_icc_bytes: u64;
    with_max_heap_bytes, max_heap_bytes: u64;
    with_max_work, max_work: u64;
    with_max_wall, max_wall: Duration;
    with_max_output_pixels, max_output_pixels: u64;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::untrusted()
    }
}

/// The name of a field of [`Limits`], as an error carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the field of `Limits` with the same name")]
#[non_exhaustive]
pub enum Limit {
    MaxFrames,
    MaxHeapBytes,
    MaxHeight,
    MaxIccBytes,
    MaxInputBytes,
    MaxMetadataBytes,
    MaxOutputPixels,
    MaxPixels,
    MaxScans,
    MaxTableBytes,
    MaxWall,
    MaxWidth,
    MaxWork,
}

impl Limit {
    /// All limits, in alphabetical order.
    pub const ALL: [Limit; 13] = [
        Limit::MaxFrames,
        Limit::MaxHeapBytes,
        Limit::MaxHeight,
        Limit::MaxIccBytes,
        Limit::MaxInputBytes,
        Limit::MaxMetadataBytes,
        Limit::MaxOutputPixels,
        Limit::MaxPixels,
        Limit::MaxScans,
        Limit::MaxTableBytes,
        Limit::MaxWall,
        Limit::MaxWidth,
        Limit::MaxWork,
    ];

    /// The stable id of the event that tells of a picture over this limit.
    pub const fn event_id(self) -> &'static str {
        match self {
            Limit::MaxFrames => "refusal.limit.max_frames",
            Limit::MaxHeapBytes => "refusal.limit.max_heap_bytes",
            Limit::MaxHeight => "refusal.limit.max_height",
            Limit::MaxIccBytes => "refusal.limit.max_icc_bytes",
            Limit::MaxInputBytes => "refusal.limit.max_input_bytes",
            Limit::MaxMetadataBytes => "refusal.limit.max_metadata_bytes",
            Limit::MaxOutputPixels => "refusal.limit.max_output_pixels",
            Limit::MaxPixels => "refusal.limit.max_pixels",
            Limit::MaxScans => "refusal.limit.max_scans",
            Limit::MaxTableBytes => "refusal.limit.max_table_bytes",
            Limit::MaxWall => "refusal.limit.max_wall_ms",
            Limit::MaxWidth => "refusal.limit.max_width",
            Limit::MaxWork => "refusal.limit.max_work",
        }
    }

    /// The key as it stands in TOML and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Limit::MaxFrames => "max_frames",
            Limit::MaxHeapBytes => "max_heap_bytes",
            Limit::MaxHeight => "max_height",
            Limit::MaxIccBytes => "max_icc_bytes",
            Limit::MaxInputBytes => "max_input_bytes",
            Limit::MaxMetadataBytes => "max_metadata_bytes",
            Limit::MaxOutputPixels => "max_output_pixels",
            Limit::MaxPixels => "max_pixels",
            Limit::MaxScans => "max_scans",
            Limit::MaxTableBytes => "max_table_bytes",
            Limit::MaxWall => "max_wall_ms",
            Limit::MaxWidth => "max_width",
            Limit::MaxWork => "max_work",
        }
    }

    /// What the number counts, for messages: "12 scans", "300 bytes of metadata".
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Limit::MaxFrames => "frames",
            Limit::MaxHeapBytes => "bytes of memory",
            Limit::MaxHeight => "rows",
            Limit::MaxIccBytes => "bytes of ICC profile",
            Limit::MaxInputBytes => "bytes of input",
            Limit::MaxMetadataBytes => "bytes of metadata",
            Limit::MaxOutputPixels => "output pixels",
            Limit::MaxPixels => "pixels",
            Limit::MaxScans => "scans",
            Limit::MaxTableBytes => "bytes of tables",
            Limit::MaxWall => "milliseconds",
            Limit::MaxWidth => "columns",
            Limit::MaxWork => "work units",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A duration as whole milliseconds in TOML and JSON.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn names_the_area_before_the_side() {
        let err = Limits::untrusted().check_size(Stage::Admit, 65_535, 65_535).unwrap_err();
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxPixels, .. }));
        assert_eq!(err.to_string(), "65535 x 65535 pixels is over max_pixels (100000000)");
    }

    #[test]
    fn judges_a_thin_picture_by_its_side() {
        let err = Limits::untrusted().check_size(Stage::Admit, 65_535, 1).unwrap_err();
        assert!(matches!(err.kind(), Kind::Limit { limit: Limit::MaxWidth, allowed: 32_768, found: 65_535 }));
        Limits::untrusted().check_size(Stage::Admit, 32_768, 1).unwrap();
    }

    #[test]
    fn presets_are_found_by_name_and_no_other_name_is() {
        assert_eq!(Limits::preset("trusted"), Some(Limits::trusted()));
        assert_eq!(Limits::preset("Trusted"), None);
    }
}
