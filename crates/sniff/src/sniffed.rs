//! The verdict on the first bytes.

use fic_core::{Error, Format, Kind, Stage};

use crate::magic::Match;
use crate::{Foreign, iso_media, magic, markup};

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniffed {
    /// The signature of a format that is decoded. Whether a picture follows is for its outline to say.
    Picture(Format),
    /// Something known that is not decoded.
    Foreign(Foreign),
    /// So far the bytes are the beginning of something known: ask again with at least this many in all. At
    /// the end of the file it means that the file is cut short.
    NeedMore {
        /// Bytes in all, from the first.
        at_least: usize,
    },
    /// Nothing that is known.
    Unknown,
}

/// Looks at the first bytes: a handful for the four formats, at most 4 KiB for markup that hides behind
/// white space and comments.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Sniffed::Picture(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Sniffed::Picture(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Sniffed::Picture(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Sniffed::Picture(Format::WebP),
        _ => sniff_foreign(bytes),
    }
}

fn sniff_foreign(bytes: &[u8]) -> Sniffed {
    let by_signature =
        [magic::table(bytes), magic::by_structure(bytes), iso_media::brand(bytes), markup::markup(bytes)];
    let is = by_signature.iter().find_map(|found| match found {
        Match::Is(foreign) => Some(*foreign),
        Match::NeedMore(_) | Match::No => None,
    });
    let need = by_signature.iter().filter_map(|found| match found {
        Match::NeedMore(at_least) => Some(*at_least),
        Match::Is(_) | Match::No => None,
    });
    match (is, need.min()) {
        (Some(foreign), _) => Sniffed::Foreign(foreign),
        (None, Some(at_least)) => Sniffed::NeedMore { at_least },
        (None, None) => magic::late(bytes).map_or(Sniffed::Unknown, Sniffed::Foreign),
    }
}

impl Sniffed {
    /// The format, or why there is none.
    ///
    /// # Errors
    /// `Unsupported` for pictures of formats that are not decoded and for unknown bytes, `Refused` for what
    /// is no picture or has active content, `Malformed` for a file that ends within its signature.
    pub fn require_picture(self) -> Result<Format, Error> {
        match self {
            Sniffed::Picture(format) => Ok(format),
            Sniffed::Foreign(foreign) => {
                let kind = if foreign.is_picture() { Kind::Unsupported } else { Kind::Refused };
                Err(Error::new(kind, Stage::Sniff, foreign.phrase()))
            }
            Sniffed::NeedMore { .. } => {
                Err(Error::new(Kind::Malformed, Stage::Sniff, "too short to tell what the file is"))
            }
            Sniffed::Unknown => Err(Error::new(Kind::Unsupported, Stage::Sniff, "no known picture format")),
        }
    }
}
