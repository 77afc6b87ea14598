//! The front door for pictures from strangers: bytes in, a small clean picture out, in pure Rust.
//!
//! One call makes a thumbnail. Before a pixel is decoded, the file's outline is drawn and its cost is
//! predicted from it; what would pass a limit is refused with the limit's name, what is allowed, and what
//! was found.
//!
//! ```
//! use fastimagecache::{Policy, Recipe, Thumbnailer};
//!
//! let upload = std::fs::read("../../corpus/samples/garden.jpg")?;
//! let thumbnailer = Thumbnailer::new(Policy::untrusted());
//! let thumb = thumbnailer.thumbnail(&upload, &Recipe::within(256, 256))?;
//! println!("{} x {} {}", thumb.width, thumb.height, thumb.format);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a service answers when there is no picture:
//!
//! ```
//! use fastimagecache::{Kind, Policy, Recipe, Thumbnailer};
//!
//! let upload = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
//! let refusal = Thumbnailer::new(Policy::untrusted()).thumbnail(upload, &Recipe::within(64, 64)).unwrap_err();
//! assert_eq!(refusal.kind(), Kind::Refused);
//! assert_eq!(refusal.kind().http_status(), 403);
//! assert_eq!(refusal.public(), "This file is not accepted."); // for the uploader
//! println!("{refusal}"); // for the log
//! ```
//!
//! A panic of a decoder underneath is caught and becomes an `Upstream` error; the panic hook still prints
//! it unless the program sets its own.

#[cfg(feature = "cache")]
mod cached;
#[cfg(feature = "cache")]
mod canonical;
mod guard;
mod inspection;
#[cfg(feature = "image")]
mod interop;
#[cfg(feature = "isolate")]
pub mod isolate;
mod pipeline;
mod place;
mod policy;
mod recipe;
mod report;
mod thumbnailer;
mod upload;

#[cfg(feature = "cache")]
pub use cached::{Cached, CachedThumbnailer, Making};
#[cfg(feature = "cache")]
pub use fic_cache as cache;
pub use fic_core::{
    Cancel, ColourModel, Cost, Error, Finding, FindingKind, Findings, Format, Header, Incident, Kind, Limit,
    Limits, Orientation, PixelBuf, PixelLayout, Scratch, Stage, Truncated,
};
pub use fic_encode::Subsampling;
pub use fic_resize::Filter;
pub use fic_resize::geometry::{Enlarge, Fit, Gravity};
pub use fic_sniff::{PolyglotMark, PolyglotMarks};
pub use fic_trail as trail;
pub use inspection::Inspection;
#[cfg(feature = "image")]
pub use interop::from_image;
#[cfg(feature = "isolate")]
pub use isolate::Isolated;
pub use policy::{Isolation, PngBackend, Policy, Response, WebPBackend};
pub use recipe::{Fidelity, Output, Recipe};
pub use report::{Pixels, Report, Thumbnail};
pub use thumbnailer::Thumbnailer;
pub use upload::{Upload, read_upload};
