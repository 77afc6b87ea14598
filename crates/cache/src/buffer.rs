//! Bytes in memory of our own that start at a multiple of 64, without unsafe code: a little more is allocated.

use crate::shape::ROW_ALIGNMENT;

/// `len` bytes from an aligned address on.
#[derive(Debug)]
pub(crate) struct AlignedBytes {
    data: Vec<u8>,
    start: usize,
    len: usize,
}

impl AlignedBytes {
    /// Zeros. What a file sizes was held against a cap or a budget before.
    pub(crate) fn zeroed(len: usize) -> AlignedBytes {
        let data = vec![0; len.saturating_add(ROW_ALIGNMENT)];
        let start = data.as_ptr().align_offset(ROW_ALIGNMENT).min(ROW_ALIGNMENT);
        AlignedBytes { data, start, len }
    }

    /// Takes over bytes that need not be aligned: a picture file. It is kept for long, so what an encoder asked for
    /// beyond its output is given back.
    pub(crate) fn unaligned(mut data: Vec<u8>) -> AlignedBytes {
        data.shrink_to_fit();
        let len = data.len();
        AlignedBytes { data, start: 0, len }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.data.get(self.start..).and_then(|rest| rest.get(..self.len)).unwrap_or_default()
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        self.data.get_mut(self.start..).and_then(|rest| rest.get_mut(..self.len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_at_a_multiple_of_64_wherever_the_allocator_puts_it() {
        let many: Vec<AlignedBytes> = (0..200).map(AlignedBytes::zeroed).collect();
        for (len, bytes) in many.iter().enumerate() {
            assert_eq!(bytes.as_slice().len(), len);
            assert_eq!(bytes.as_slice().as_ptr().align_offset(ROW_ALIGNMENT), 0);
        }
    }

    #[test]
    fn a_picture_file_takes_no_more_than_its_bytes() {
        let mut file = Vec::with_capacity(1 << 20);
        file.extend_from_slice(&[7; 5000]);
        let bytes = AlignedBytes::unaligned(file);
        assert_eq!(bytes.as_slice(), [7; 5000]);
        assert!(bytes.data.capacity() < 6000, "{} bytes", bytes.data.capacity());
    }
}
