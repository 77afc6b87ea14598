//! Rows of alpha (RFC 9649, section 2.7.1.2): stored values in, filter undone, values out.

use fic_core::Error;

use crate::alph::Filter;
#[cfg(feature = "image-webp")]
use crate::backend::whole::Pixels;
use crate::decoder::LosslessRows;

/// The stored values of a whole frame, row by row.
pub(crate) enum Values<'a> {
    /// In the upload.
    Raw(&'a [u8]),
    /// The green of a VP8L stream.
    Coded(Box<LosslessRows<'a>>),
    /// The green of one that was decoded whole.
    #[cfg(feature = "image-webp")]
    Whole(Pixels),
}

/// Undoes the filter row by row, from the top.
pub(crate) struct AlphaRows<'a> {
    values: Values<'a>,
    filter: Filter,
    /// The row that was made last; its length is the width.
    row: Vec<u8>,
    next: usize,
}

impl<'a> AlphaRows<'a> {
    pub(crate) fn new(values: Values<'a>, filter: Filter, width: usize) -> AlphaRows<'a> {
        AlphaRows { values, filter, row: vec![0; width], next: 0 }
    }

    /// The next row; opaque where it is missing and that is accepted.
    ///
    /// # Errors
    /// `Malformed` where the stream of the values is broken.
    pub(crate) fn next_row(&mut self) -> Result<&[u8], Error> {
        let width = self.row.len();
        match &mut self.values {
            Values::Raw(values) => {
                let (stored, rest) = values.split_at(width.min(values.len()));
                *values = rest;
                unfilter(filter_of_row(self.filter, self.next), stored.iter().copied(), &mut self.row);
            }
            Values::Coded(rows) => match rows.next_row()? {
                Some(stored) => {
                    let filter = filter_of_row(self.filter, self.next);
                    unfilter(filter, stored.iter().map(|argb| (argb >> 8) as u8), &mut self.row);
                }
                None => self.row.fill(255),
            },
            #[cfg(feature = "image-webp")]
            Values::Whole(pixels) => {
                let stored = pixels.next_row().iter().map(|pixel| pixel[1]);
                unfilter(filter_of_row(self.filter, self.next), stored, &mut self.row);
            }
        }
        self.next += 1;
        Ok(&self.row)
    }

    /// Whether rows were missing.
    pub(crate) fn was_truncated(&self) -> bool {
        match &self.values {
            Values::Raw(_) => false,
            Values::Coded(rows) => rows.was_truncated(),
            #[cfg(feature = "image-webp")]
            Values::Whole(_) => false,
        }
    }
}

/// The top row has nothing above it: what would look there falls back to the left neighbour.
fn filter_of_row(filter: Filter, row: usize) -> Filter {
    match (filter, row) {
        (Filter::Vertical | Filter::Gradient, 0) => Filter::Horizontal,
        (filter, _) => filter,
    }
}

/// Makes `row`, which holds the row above, into the next.
fn unfilter(filter: Filter, stored: impl Iterator<Item = u8>, row: &mut [u8]) {
    match filter {
        Filter::None => {
            for (value, stored) in row.iter_mut().zip(stored) {
                *value = stored;
            }
        }
        Filter::Horizontal => {
            // The first pixel is predicted from above, zero for the top row: that is what `row` holds.
            let mut left = row.first().copied().unwrap_or(0);
            for (value, stored) in row.iter_mut().zip(stored) {
                left = left.wrapping_add(stored);
                *value = left;
            }
        }
        Filter::Vertical => {
            for (value, stored) in row.iter_mut().zip(stored) {
                *value = value.wrapping_add(stored);
            }
        }
        Filter::Gradient => {
            let mut left = row.first().copied().unwrap_or(0);
            let mut top_left = left;
            for (value, stored) in row.iter_mut().zip(stored) {
                let top = *value;
                let predicted = i16::from(left) + i16::from(top) - i16::from(top_left);
                left = (predicted.clamp(0, 255) as u8).wrapping_add(stored);
                top_left = top;
                *value = left;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(filter: Filter, stored: &[u8]) -> Vec<Vec<u8>> {
        let mut rows = AlphaRows::new(Values::Raw(stored), filter, 3);
        (0..stored.len() / 3).map(|_| rows.next_row().unwrap().to_vec()).collect()
    }

    #[test]
    fn every_filter_predicts_from_the_neighbours_that_exist() {
        let stored = [10, 1, 2, 5, 1, 1];
        assert_eq!(rows(Filter::None, &stored), [[10, 1, 2], [5, 1, 1]]);
        assert_eq!(rows(Filter::Horizontal, &stored), [[10, 11, 13], [15, 16, 17]]);
        assert_eq!(rows(Filter::Vertical, &stored), [[10, 11, 13], [15, 12, 14]]);
        // Below the top row: left + top - top left, so 15 + 11 - 10 + 1, then 17 + 13 - 11 + 1.
        assert_eq!(rows(Filter::Gradient, &stored), [[10, 11, 13], [15, 17, 20]]);
    }
}
