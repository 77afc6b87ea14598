//! The four picture formats that are decoded.

use std::fmt;

/// A picture format that the stack decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Graphics Interchange Format, 87a and 89a.
    Gif,
    /// ITU-T T.81 in a JFIF, Exif or bare stream.
    Jpeg,
    /// W3C PNG (third edition), APNG included.
    Png,
    /// RFC 9649: VP8, VP8L, extended and animated.
    WebP,
}

impl Format {
    /// All formats, in alphabetical order.
    pub const ALL: [Format; 4] = [Format::Gif, Format::Jpeg, Format::Png, Format::WebP];

    /// The lower-case name that appears in messages, logs and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Gif => "gif",
            Format::Jpeg => "jpeg",
            Format::Png => "png",
            Format::WebP => "webp",
        }
    }

    /// The registered media type, as in a `Content-Type` header.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Gif => "image/gif",
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::WebP => "image/webp",
        }
    }

    /// The usual file name extension, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Gif => "gif",
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::WebP => "webp",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
