//! Which images make the canvas of a frame behind the first, and what each of them does to it (GIF89a section 23).
//!
//! A frame that is cleared away or taken back before the next one comes leaves nothing of its own: it is not decoded.
//! And what a frame of the whole canvas without a transparent pixel hides is not, nor what was there before the canvas
//! was cleared. Nothing is held for an image: the walk over them is made again wherever they are needed.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::{Error, Format, Stage};

use crate::extension::Disposal;
use crate::images::{Image, Images};

/// The images from the last one that owes nothing to those before, up to the frame that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Sequence<'a> {
    images: Images<'a>,
    len: usize,
}

/// What an image does to the canvas.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Its place becomes transparent.
    Clear(Image),
    /// Its pixels are laid over.
    Draw(Image),
}

impl<'a> Sequence<'a> {
    /// For frame `frame` of the file whose images are `images`, on a canvas of that size.
    ///
    /// # Errors
    /// `Malformed` where the file ends before the frame's data.
    pub(crate) fn find(
        mut images: Images<'a>,
        frame: u32,
        (width, height): (u32, u32),
    ) -> Result<Sequence<'a>, Error> {
        let mut found = Sequence { images: images.clone(), len: 0 };
        // Whether the canvas holds nothing when the next image comes.
        let mut blank = true;
        for number in 0..=frame {
            let here = images.clone();
            let image = images.next().ok_or_else(|| {
                Error::malformed(Stage::Admit, Format::Gif, "the file ends within an image descriptor")
            })?;
            let stays = number == frame || image.control.disposal != Disposal::Restore;
            let hides_all = stays && image.covers(width, height) && image.control.transparent.is_none();
            if blank || hides_all {
                found = Sequence { images: here, len: 0 };
            }
            found.len = found.len.saturating_add(1);
            blank = match image.control.disposal {
                Disposal::Clear => blank || image.covers(width, height),
                Disposal::Keep => false,
                Disposal::Restore => blank,
            };
        }
        Ok(found)
    }

    /// What is done to an empty canvas, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step> + 'a {
        let last = self.len.saturating_sub(1);
        self.images.clone().take(self.len).enumerate().filter_map(move |(at, image)| {
            match image.control.disposal {
                _ if at == last => Some(Step::Draw(image)),
                Disposal::Clear => Some(Step::Clear(image)),
                Disposal::Keep => Some(Step::Draw(image)),
                Disposal::Restore => None,
            }
        })
    }
}
