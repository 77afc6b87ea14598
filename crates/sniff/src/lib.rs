//! Which picture format the first bytes are, or which known thing it is that is refused by name.
//!
//! In come the first bytes of an upload and what its sender called it; out goes one of the four formats, a
//! [`Foreign`] thing with its own phrase, or "more bytes are needed". Nothing is decoded and nothing is
//! allocated. A label never decides what the bytes are: it can only agree or not.
//!
//! ```
//! use fic_core::{Format, Kind};
//! use fic_sniff::{Foreign, Sniffed, sniff};
//!
//! assert_eq!(sniff(b"GIF89a\x01\0\x01\0").require_picture()?, Format::Gif);
//! let err = sniff(b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>").require_picture();
//! assert_eq!(err.unwrap_err().kind(), Kind::Refused);
//! assert_eq!(sniff(b"GIF8"), Sniffed::NeedMore { at_least: 6 });
//! assert_eq!(sniff(b"II*\0\x08\0\0\0"), Sniffed::Foreign(Foreign::Tiff));
//! # Ok::<(), fic_core::Error>(())
//! ```

mod foreign;
mod iso_media;
mod label;
mod magic;
mod markup;
mod polyglot;
mod sniffed;

pub use foreign::Foreign;
pub use label::{agrees_with_extension, agrees_with_media_type};
pub use polyglot::{PolyglotMark, PolyglotMarks, polyglot_marks};
pub use sniffed::{Sniffed, sniff};
