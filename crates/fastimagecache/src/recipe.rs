//! What the caller wants made: size, fit, filter and the encoded form.

use std::num::NonZeroU8;

use fic_core::{Kind, Limit, Limits, Stage};
use fic_encode::{Encoding, Subsampling};
use fic_resize::Filter;
use fic_resize::geometry::{Enlarge, Fit, Gravity};

use crate::Error;

/// Which encoded form a thumbnail takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Output {
    /// PNG where a pixel is transparent, JPEG otherwise.
    #[default]
    Auto,
    /// JPEG; transparent pixels are laid over the recipe's background.
    Jpeg,
    /// PNG.
    Png,
    /// Lossless WebP.
    WebP,
}

/// How much of the upload is decoded for a picture smaller than it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fidelity {
    /// All of it, at full size: the reference that the others are measured against.
    Exact,
    /// What leaves the resampler at least the size of the output: the fastest, a little softer.
    Fast,
    /// What leaves the resampler at least twice the size of the output: 50 dB and more from exact on
    /// photographs.
    #[default]
    Standard,
}

/// The picture to make. Start from [`Recipe::within`], [`Recipe::cover`], [`Recipe::fill`] or
/// [`Recipe::pad`] and change what differs.
///
/// ```
/// use fastimagecache::{Output, Recipe};
///
/// let avatar = Recipe::cover(128, 128).with_output(Output::WebP);
/// assert_eq!((avatar.width, avatar.height), (128, 128));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// The width to fit, in pixels.
    pub width: u32,
    /// The height to fit, in pixels.
    pub height: u32,
    /// How the picture meets that size.
    pub fit: Fit,
    /// Whether a small picture is enlarged to it.
    pub enlarge: Enlarge,
    /// The resampling filter.
    pub filter: Filter,
    /// How much of the upload is decoded.
    pub fidelity: Fidelity,
    /// The encoded form; [`Thumbnailer::pixels`](crate::Thumbnailer::pixels) ignores it.
    pub output: Output,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// JPEG chroma subsampling.
    pub subsampling: Subsampling,
    /// What lies under transparent pixels in a JPEG: red, green, blue.
    pub background: [u8; 3],
    /// Which frame of an animation is shown, counted from 0, which is the default: the canvas as a player shows it at that frame.
    /// GIF and WebP; JPEG and PNG have the first one alone. A frame that the picture does not have is `Misuse`.
    pub frame: u32,
    /// Threads that may decode one picture at once, 1 by default. The result is the same whatever their number, and so
    /// are errors and findings. Large JPEG files in one scan make use of them where a quarter or an eighth of the
    /// picture is decoded; where the limits leave no room for what more threads need, one does it.
    pub threads: NonZeroU8,
}

impl Recipe {
    /// The whole picture within `width` x `height`, never enlarged.
    pub const fn within(width: u32, height: u32) -> Recipe {
        Recipe {
            width,
            height,
            fit: Fit::Contain,
            enlarge: Enlarge::Never,
            filter: Filter::Lanczos3,
            fidelity: Fidelity::Standard,
            output: Output::Auto,
            quality: 80,
            subsampling: Subsampling::S420,
            background: [255, 255, 255],
            frame: 0,
            threads: NonZeroU8::MIN,
        }
    }

    /// `width` x `height` filled, what sticks out cut off on both sides equally.
    pub const fn cover(width: u32, height: u32) -> Recipe {
        Recipe::within(width, height).with_fit(Fit::Cover { gravity: Gravity::Centre })
    }

    /// Exactly `width` x `height`, whatever that does to the aspect ratio.
    pub const fn fill(width: u32, height: u32) -> Recipe {
        Recipe::within(width, height).with_fit(Fit::Fill)
    }

    /// The whole picture in the middle of a `width` x `height` canvas of colour `background` (RGBA).
    pub const fn pad(width: u32, height: u32, background: [u8; 4]) -> Recipe {
        Recipe::within(width, height).with_fit(Fit::Pad { background, gravity: Gravity::Centre })
    }

    /// The same with another fit.
    #[must_use]
    pub const fn with_fit(mut self, fit: Fit) -> Recipe {
        self.fit = fit;
        self
    }

    /// The same with or without leave to enlarge.
    #[must_use]
    pub const fn with_enlarge(mut self, enlarge: Enlarge) -> Recipe {
        self.enlarge = enlarge;
        self
    }

    /// The same with another filter.
    #[must_use]
    pub const fn with_filter(mut self, filter: Filter) -> Recipe {
        self.filter = filter;
        self
    }

    /// The same, decoding more or less of the upload.
    #[must_use]
    pub const fn with_fidelity(mut self, fidelity: Fidelity) -> Recipe {
        self.fidelity = fidelity;
        self
    }

    /// The same in another encoded form.
    #[must_use]
    pub const fn with_output(mut self, output: Output) -> Recipe {
        self.output = output;
        self
    }

    /// The same with another JPEG quality, 1 to 100.
    #[must_use]
    pub const fn with_quality(mut self, quality: u8) -> Recipe {
        self.quality = quality;
        self
    }

    /// The same with another JPEG chroma subsampling.
    #[must_use]
    pub const fn with_subsampling(mut self, subsampling: Subsampling) -> Recipe {
        self.subsampling = subsampling;
        self
    }

    /// The same with another colour under transparent pixels in a JPEG.
    #[must_use]
    pub const fn with_background(mut self, background: [u8; 3]) -> Recipe {
        self.background = background;
        self
    }

    /// The same of another frame of an animation, counted from 0.
    #[must_use]
    pub const fn with_frame(mut self, frame: u32) -> Recipe {
        self.frame = frame;
        self
    }

    /// The same, decoded by up to so many threads.
    #[must_use]
    pub const fn with_threads(mut self, threads: NonZeroU8) -> Recipe {
        self.threads = threads;
        self
    }

    /// Refuses what no picture can meet, before any picture is looked at.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), Error> {
        let misuse = |what| Error::new(Kind::Misuse, Stage::Admit, what);
        if self.width == 0 || self.height == 0 {
            return Err(misuse("a recipe's width and height must not be zero"));
        }
        if !(1..=100).contains(&self.quality) {
            return Err(misuse("jpeg quality must be 1 to 100").found(self.quality.into()));
        }
        if matches!(self.fit, Fit::Pad { .. }) || self.enlarge == Enlarge::Allow {
            let area = u64::from(self.width).saturating_mul(self.height.into());
            limits.check(Stage::Admit, Limit::MaxOutputPixels, area)?;
        }
        Ok(())
    }

    /// The encoded form for a picture that has transparent pixels, or none.
    pub(crate) fn encoding(&self, is_transparent: bool) -> Encoding {
        let jpeg = Encoding::Jpeg { quality: self.quality, subsampling: self.subsampling };
        match self.output {
            Output::Auto if is_transparent => Encoding::Png,
            Output::Auto | Output::Jpeg => jpeg,
            Output::Png => Encoding::Png,
            Output::WebP => Encoding::WebPLossless,
        }
    }
}
