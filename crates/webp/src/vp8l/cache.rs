//! The colour cache (RFC 9649, section 3.6.2.3): the colours seen last, found again by a hash.

/// What a colour is multiplied by for its place.
const HASH: u32 = 0x1e35_a7bd;

/// A table of `1 << bits` colours; of none where the picture has no cache.
#[derive(Debug, Default)]
pub(super) struct Cache {
    colours: Vec<u32>,
    bits: u32,
}

impl Cache {
    /// Bytes of a cache of that many bits.
    pub(super) fn bytes(bits: Option<u32>) -> u64 {
        bits.map_or(0, |bits| 4 << bits)
    }

    pub(super) fn new(bits: Option<u32>) -> Cache {
        bits.map_or_else(Cache::default, |bits| Cache { colours: vec![0; 1 << bits], bits })
    }

    pub(super) fn is_used(&self) -> bool {
        self.bits > 0
    }

    /// Remembers a colour. Not to be called where there is no cache.
    #[inline(always)]
    pub(super) fn insert(&mut self, argb: u32) {
        let place = argb.wrapping_mul(HASH) >> (32 - self.bits);
        self.colours[place as usize] = argb;
    }

    /// The colour at `place`, which the alphabet keeps inside.
    #[inline(always)]
    pub(super) fn at(&self, place: u32) -> u32 {
        self.colours[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_found_where_its_hash_says() {
        let mut cache = Cache::new(Some(1));
        // 0x1e35a7bd has its highest bit clear, three times it has not more than that either, five times has.
        for (argb, place) in [(1, 0), (5, 1), (0, 0)] {
            cache.insert(argb);
            assert_eq!(cache.at(place), argb);
        }
        assert_eq!(
            (Cache::bytes(Some(11)), Cache::bytes(None), Cache::new(None).is_used()),
            (8192, 0, false)
        );
    }
}
