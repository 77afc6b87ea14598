//! Buffers that serve one picture after another.
//!
//! Memory that is fresh from the system costs a page fault every 4 KiB: 3 to 7 % of a JPEG thumbnail's time
//! (`benches/record/jpeg-2026-11-24.md`). A [`Scratch`] keeps the large buffers of one call for the next, up to a bound;
//! threads may share it. What a buffer held before is never seen: it is zeroed when it is taken.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Large buffers kept between calls. Clones share them.
#[derive(Clone, Debug)]
pub struct Scratch(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    max_bytes: u64,
    kept: Mutex<Kept>,
}

/// What is kept, by the type of its elements.
#[derive(Debug, Default)]
pub struct Kept {
    bytes: u64,
    bytes_lists: Vec<Vec<u8>>,
    coefficient_lists: Vec<Vec<i16>>,
    mask_lists: Vec<Vec<u64>>,
}

/// What a kept buffer may be made of: `u8`, `i16` or `u64`.
pub trait Element: Copy + Default + 'static {
    #[doc(hidden)]
    fn lists(kept: &mut Kept) -> &mut Vec<Vec<Self>>;
}

impl Element for u8 {
    fn lists(kept: &mut Kept) -> &mut Vec<Vec<u8>> {
        &mut kept.bytes_lists
    }
}

impl Element for i16 {
    fn lists(kept: &mut Kept) -> &mut Vec<Vec<i16>> {
        &mut kept.coefficient_lists
    }
}

impl Element for u64 {
    fn lists(kept: &mut Kept) -> &mut Vec<Vec<u64>> {
        &mut kept.mask_lists
    }
}

/// Buffers smaller than this are not kept: the allocator has them at hand.
const SMALLEST: u64 = 32 << 10;

impl Scratch {
    /// Keeps at most `max_bytes` between calls, which is beside what any [`Limits`](crate::Limits) allow a call to
    /// hold; zero keeps nothing.
    pub fn new(max_bytes: u64) -> Scratch {
        Scratch(Arc::new(Shelf { max_bytes, kept: Mutex::default() }))
    }

    /// Bytes that are kept now.
    pub fn kept_bytes(&self) -> u64 {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Gives all that is kept back to the system.
    pub fn clear(&self) {
        *self.0.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// `len` zeros.
    pub(crate) fn zeros<T: Element>(&self, len: usize) -> Vec<T> {
        match self.take(len) {
            Some(mut buffer) => {
                buffer.clear();
                buffer.resize(len, T::default());
                buffer
            }
            None => vec![T::default(); len],
        }
    }

    /// The smallest kept buffer that is large enough, but not one that would waste more than it serves.
    fn take<T: Element>(&self, len: usize) -> Option<Vec<T>> {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lists = T::lists(&mut kept);
        let fits = |buffer: &Vec<T>| buffer.capacity() >= len && buffer.capacity() / 2 <= len;
        let fitting = lists.iter().enumerate().filter(|(_, buffer)| fits(buffer));
        let (at, _) = fitting.min_by_key(|(_, buffer)| buffer.capacity())?;
        let buffer = lists.swap_remove(at);
        kept.bytes = kept.bytes.saturating_sub(bytes_of(&buffer));
        Some(buffer)
    }

    /// Keeps `buffer`, where there is room for it.
    pub(crate) fn keep<T: Element>(&self, buffer: Vec<T>) {
        let bytes = bytes_of(&buffer);
        if !(SMALLEST..=self.0.max_bytes).contains(&bytes) {
            return;
        }
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes.saturating_add(bytes) > self.0.max_bytes {
            // Sizes have changed: what is kept serves no longer.
            *kept = Kept::default();
        }
        kept.bytes = kept.bytes.saturating_add(bytes);
        T::lists(&mut kept).push(buffer);
    }
}

fn bytes_of<T>(buffer: &Vec<T>) -> u64 {
    (buffer.capacity() as u64).saturating_mul(size_of::<T>() as u64)
}

/// Zeros that go back to the scratch they came from, if from any. Made by [`Budget::zeros`](crate::Budget::zeros).
#[derive(Debug)]
pub struct Reused<T: Element> {
    buffer: Vec<T>,
    scratch: Option<Scratch>,
}

impl<T: Element> Reused<T> {
    pub(crate) fn new(len: usize, scratch: Option<&Scratch>) -> Reused<T> {
        let buffer = scratch.map_or_else(|| vec![T::default(); len], |scratch| scratch.zeros(len));
        Reused { buffer, scratch: scratch.cloned() }
    }
}

impl<T: Element> Deref for Reused<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer
    }
}

impl<T: Element> DerefMut for Reused<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer
    }
}

impl<T: Element> Drop for Reused<T> {
    fn drop(&mut self) {
        if let Some(scratch) = &self.scratch {
            scratch.keep(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_of_what_it_held() {
        let scratch = Scratch::new(1 << 20);
        let mut first: Reused<i16> = Reused::new(50_000, Some(&scratch));
        first.fill(7);
        let place = first.as_ptr();
        drop(first);
        assert_eq!(scratch.kept_bytes(), 100_000);
        let second: Reused<i16> = Reused::new(40_000, Some(&scratch));
        assert_eq!(second.as_ptr(), place);
        assert!(second.iter().all(|&value| value == 0));
        assert_eq!(scratch.kept_bytes(), 0);
    }

    #[test]
    fn no_more_is_kept_than_was_said_and_nothing_small() {
        let scratch = Scratch::new(100_000);
        for len in [60_000, 70_000, 99_000, 200_000, 1_000] {
            drop(Reused::<u8>::new(len, Some(&scratch)));
            assert!(scratch.kept_bytes() <= 100_000);
        }
        assert_eq!(scratch.kept_bytes(), 99_000);
        scratch.clear();
        assert_eq!(scratch.kept_bytes(), 0);
        let none = Scratch::new(0);
        drop(Reused::<u8>::new(50_000, Some(&none)));
        assert_eq!(none.kept_bytes(), 0);
    }

    #[test]
    fn a_large_buffer_is_not_spent_on_little() {
        let scratch = Scratch::new(1 << 20);
        drop(Reused::<u8>::new(500_000, Some(&scratch)));
        let small = Reused::<u8>::new(40_000, Some(&scratch));
        assert_eq!(scratch.kept_bytes(), 500_000);
        drop(small);
    }
}
