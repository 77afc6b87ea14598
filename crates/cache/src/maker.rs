//! What a producer is given: it says the size first, then it may write.

use std::sync::atomic::{AtomicBool, Ordering};

use fic_core::{Budget, Error, Format, Hold, Limit, PixelBuf, PixelLayout, Stage};

use crate::buffer::AlignedBytes;
use crate::{Form, Key, Shape};

/// The duty to make one picture. The only way to a [`Made`], which the producer must return: one that fails, or
/// stops half way, has none, and so nothing of it can be kept.
#[derive(Debug)]
pub struct Maker<'a> {
    key: &'a Key,
    /// Whether a failure is one of this request alone.
    is_alone: &'a AtomicBool,
}

/// A whole picture, made for one key.
#[derive(Debug)]
pub struct Made {
    pub(crate) digest: [u8; 32],
    pub(crate) shape: Shape,
    pub(crate) bytes: AlignedBytes,
}

/// Rows of pixels being written, top first.
#[derive(Debug)]
pub struct Rows {
    digest: [u8; 32],
    shape: Shape,
    bytes: AlignedBytes,
    /// Bytes of the payload that are written.
    at: usize,
    _hold: Hold,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(key: &'a Key, is_alone: &'a AtomicBool) -> Maker<'a> {
        Maker { key, is_alone }
    }

    /// Says that the producer fails for a reason of this request alone, as where an upload has a wrong label: that is
    /// not remembered, and whoever waits for the same picture makes it. The error comes back as it was.
    pub fn only_this_request(&self, error: Error) -> Error {
        self.is_alone.store(true, Ordering::Relaxed);
        error
    }

    /// A picture file of that size.
    ///
    /// # Errors
    /// `Misuse` where the key asks for pixels, where a side is zero, or where there are no bytes.
    pub fn encoded(self, width: u32, height: u32, format: Format, bytes: Vec<u8>) -> Result<Made, Error> {
        self.check(Form::Encoded)?;
        let shape = Shape::encoded(width, height, format, bytes.len() as u64)
            .ok_or_else(|| Error::misuse(Stage::Cache, "an entry needs a size and at least one byte"))?;
        Ok(Made { digest: *self.key.digest(), shape, bytes: AlignedBytes::unaligned(bytes) })
    }

    /// Room for rows of pixels of that size, paid for from `budget` before it is there.
    ///
    /// # Errors
    /// `Misuse` where the key asks for encoded bytes or a side is zero; `Limit` naming `max_heap_bytes`.
    pub fn pixels(
        self,
        width: u32,
        height: u32,
        layout: PixelLayout,
        budget: &Budget,
    ) -> Result<Rows, Error> {
        self.check(Form::Pixels)?;
        let shape = Shape::pixels(width, height, layout)
            .ok_or_else(|| Error::misuse(Stage::Cache, "an entry needs a size that can be counted"))?;
        let hold = budget.hold(shape.payload_bytes())?;
        let len = usize::try_from(shape.payload_bytes()).map_err(|_| {
            Error::limit(Stage::Cache, Limit::MaxHeapBytes, usize::MAX as u64, shape.payload_bytes())
        })?;
        Ok(Rows { digest: *self.key.digest(), shape, bytes: AlignedBytes::zeroed(len), at: 0, _hold: hold })
    }

    /// The rows of a picture that is there already.
    ///
    /// # Errors
    /// As [`Maker::pixels`].
    pub fn picture(self, picture: &PixelBuf, budget: &Budget) -> Result<Made, Error> {
        let mut rows = self.pixels(picture.width(), picture.height(), picture.layout(), budget)?;
        rows.push(picture.as_bytes())?;
        rows.finish()
    }

    fn check(&self, form: Form) -> Result<(), Error> {
        match self.key.form() == form {
            true => Ok(()),
            false => Err(Error::misuse(Stage::Cache, "the key asks for the other form of picture")),
        }
    }
}

impl Rows {
    /// Writes whole rows, packed, below those that are there.
    ///
    /// # Errors
    /// `Misuse` where these are not whole rows, or more than the picture has.
    pub fn push(&mut self, packed: &[u8]) -> Result<(), Error> {
        let (row, stride) = (self.shape.row_bytes(), self.shape.stride_bytes() as usize);
        let (rows, []) = (packed.chunks_exact(row), packed.chunks_exact(row).remainder()) else {
            return Err(Error::misuse(Stage::Cache, "bytes that are not whole rows"));
        };
        for packed in rows {
            let end = self.at.saturating_add(row);
            let Some(place) = self.bytes.as_mut_slice().get_mut(self.at..end) else {
                return Err(Error::misuse(Stage::Cache, "more rows than the picture was said to have"));
            };
            place.copy_from_slice(packed);
            self.at = self.at.saturating_add(stride);
        }
        Ok(())
    }

    /// The picture, once every row is there.
    ///
    /// # Errors
    /// `Misuse` where rows are missing.
    pub fn finish(self) -> Result<Made, Error> {
        if (self.at as u64) < self.shape.payload_bytes() {
            return Err(Error::misuse(Stage::Cache, "rows are missing"));
        }
        Ok(Made { digest: self.digest, shape: self.shape, bytes: self.bytes })
    }
}

#[cfg(test)]
mod tests {
    use fic_core::{Kind, Limits};

    use super::*;
    use crate::SourceId;

    #[test]
    fn a_picture_is_whole_or_there_is_none() {
        let budget = Budget::new(&Limits::untrusted().with_max_heap_bytes(1000));
        let key = Key::new(Form::Pixels, 1, SourceId::named("a", "b"), &[0; 64]);
        let is_alone = AtomicBool::new(false);
        let maker = || Maker::new(&key, &is_alone);
        let mut rows = maker().pixels(3, 3, PixelLayout::Rgb, &budget).unwrap();
        assert_eq!(budget.held_bytes(), 192);
        rows.push(&[1; 18]).unwrap();
        assert_eq!(rows.push(&[1; 8]).unwrap_err().kind(), Kind::Misuse);
        assert_eq!(rows.finish().unwrap_err().what(), "rows are missing");
        let mut rows = maker().pixels(3, 3, PixelLayout::Rgb, &budget).unwrap();
        assert!(rows.push(&[1; 36]).is_err());
        drop(rows);
        let mut rows = maker().pixels(3, 3, PixelLayout::Rgb, &budget).unwrap();
        rows.push(&[1; 27]).unwrap();
        assert_eq!(rows.finish().unwrap().bytes.as_slice().len(), 192);
        assert!(matches!(
            maker().pixels(64, 64, PixelLayout::Rgb, &budget).unwrap_err().kind(),
            Kind::Limit { limit: Limit::MaxHeapBytes, .. }
        ));
        assert!(maker().encoded(1, 1, Format::Png, vec![1]).is_err(), "the key asks for pixels");
        assert_eq!(budget.held_bytes(), 0);
    }
}
