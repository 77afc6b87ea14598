//! Which decoder makes the pixels of what was admitted.

#[cfg(feature = "image-webp")]
mod canonical;
#[cfg(feature = "image-webp")]
mod guard;
#[cfg(feature = "image-webp")]
pub(crate) mod whole;

use fic_core::Truncated;

/// Which decoder makes the pixels. Outline, limits and what is refused before a pixel is decoded are the same for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Our own, row by row.
    #[default]
    Own,
    /// The `image-webp` crate, whole frames when they are opened (feature `image-webp`). It takes two to four times the
    /// time, and the memory of the frame and of every table that it names. Nothing is shrunk while it is decoded, the
    /// loop filter is always run, pictures that end early are refused whatever was asked for, and deadline and cancelling
    /// are looked at between frames.
    ///
    /// `Unsupported` are streams that it is known to read otherwise than libwebp and that can be told before they are
    /// decoded: prefix codes of two symbols that do not rise, predictors past the last, filter levels of segments out of
    /// their range. Others that no encoder makes have other pixels: colours from a place of the cache where nothing was
    /// put, coefficients of more than 16 bits, partitions but the last that lack their last byte.
    #[cfg(feature = "image-webp")]
    ImageWebP,
}

impl Backend {
    /// Whether rows are decoded as they are asked for, as many and as fine as are needed.
    pub(crate) fn is_by_rows(self) -> bool {
        self == Backend::Own
    }

    /// What becomes of pictures that end early: only some decoders have the rows that are there.
    pub(crate) fn truncated(self, asked: Truncated) -> Truncated {
        if self.is_by_rows() { asked } else { Truncated::Reject }
    }
}
