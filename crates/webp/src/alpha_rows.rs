//! Rows of alpha (RFC 9649, section 2.7.1.2): stored values in, filter undone, values out.

use fic_core::PixelBuf;

use crate::alph::Filter;

/// The stored values of a whole frame, row by row.
pub(crate) enum Values<'a> {
    /// In the upload.
    Raw(&'a [u8]),
    /// Decoded from their own stream.
    Decoded(PixelBuf),
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

    /// The next row; zeros past the last.
    pub(crate) fn next_row(&mut self) -> &[u8] {
        let values = match &self.values {
            Values::Raw(values) => values,
            Values::Decoded(values) => values.as_bytes(),
        };
        let stored = values.get(self.next * self.row.len()..).unwrap_or_default();
        let filter = match (self.filter, self.next) {
            // The top row has nothing above it: both fall back to the left neighbour.
            (Filter::Vertical | Filter::Gradient, 0) => Filter::Horizontal,
            (filter, _) => filter,
        };
        match filter {
            Filter::None => {
                for (value, &stored) in self.row.iter_mut().zip(stored) {
                    *value = stored;
                }
            }
            Filter::Horizontal => {
                // The first pixel is predicted from above, zero for the top row: that is what `row` holds.
                let mut left = self.row.first().copied().unwrap_or(0);
                for (value, &stored) in self.row.iter_mut().zip(stored) {
                    left = left.wrapping_add(stored);
                    *value = left;
                }
            }
            Filter::Vertical => {
                for (value, &stored) in self.row.iter_mut().zip(stored) {
                    *value = value.wrapping_add(stored);
                }
            }
            Filter::Gradient => {
                let mut left = self.row.first().copied().unwrap_or(0);
                let mut top_left = left;
                for (value, &stored) in self.row.iter_mut().zip(stored) {
                    let top = *value;
                    let predicted = i16::from(left) + i16::from(top) - i16::from(top_left);
                    left = (predicted.clamp(0, 255) as u8).wrapping_add(stored);
                    top_left = top;
                    *value = left;
                }
            }
        }
        self.next += 1;
        &self.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(filter: Filter, stored: &[u8]) -> Vec<Vec<u8>> {
        let mut rows = AlphaRows::new(Values::Raw(stored), filter, 3);
        (0..stored.len() / 3).map(|_| rows.next_row().to_vec()).collect()
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
