//! Shrink, orient, flatten, resample and pad pixels.
//!
//! Pixels come in as bands from a decoder or as a [`PixelBuf`], and leave as a [`PixelBuf`]; every buffer is
//! paid for from a [`Budget`] first. Nothing here reads a file: sizes were judged at admission. What is
//! refused is a call that makes no sense, as `Misuse`.
//!
//! The steps stand in the order of the flow: [`shrink_factor`] and [`shrink`] while the decoder streams,
//! [`orient`] on the small picture, [`geometry::plan`] for what to crop and where to go, [`resample`] for
//! the last and best step, [`pad`] and [`flatten`] for what the output needs.
//!
//! ```
//! use fic_core::{Budget, Limits, PixelBuf, PixelLayout};
//! use fic_resize::geometry::{Enlarge, Fit, plan};
//! use fic_resize::{Filter, resample};
//!
//! let budget = Budget::new(&Limits::untrusted());
//! let photo = PixelBuf::zeroed(PixelLayout::Rgb, 640, 480, &budget)?;
//! let plan = plan((640, 480), (100, 100), Fit::Contain, Enlarge::Never)?;
//! let thumbnail = resample(&photo, plan.crop, plan.scaled, Filter::default(), &budget)?;
//! assert_eq!((thumbnail.width(), thumbnail.height()), (100, 75));
//! # Ok::<(), fic_core::Error>(())
//! ```
//!
//! [`Budget`]: fic_core::Budget
//! [`PixelBuf`]: fic_core::PixelBuf

mod canvas;
mod crop;
pub mod geometry;
mod means;
mod orient;
mod resample;
mod shrink;

pub use canvas::{flatten, pad};
pub use crop::Crop;
pub use orient::orient;
pub use resample::{Filter, resample, resample_cost, resample_means};
pub use shrink::{Shrink, shrink, shrink_cost, shrink_factor};
