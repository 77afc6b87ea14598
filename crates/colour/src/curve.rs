//! Tone curves of ICC profiles: bytes come in, a [`Curve`] leaves that gives a number between 0 and 1 for
//! every number between 0 and 1.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use fic_core::Reader;

use crate::light::encode;

/// One curve, still in the bytes of the profile.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Curve<'a> {
    /// `x` to the power of this.
    Gamma(f64),
    /// ICC.1:2022 10.18: the function type and its numbers.
    Parametric(u16, [f64; 7]),
    /// Bytes at equal distances.
    Bytes(&'a [u8]),
    /// Big-endian 16-bit numbers at equal distances.
    Words(&'a [[u8; 2]]),
}

/// More entries than any real curve has.
pub(crate) const MOST_ENTRIES: u32 = 4096;

impl<'a> Curve<'a> {
    /// Reads the `curv` or `para` element (10.6, 10.18) at the reader, which moves behind it.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Curve<'a>, &'static str> {
        let kind = reader.array::<4>();
        reader.skip(4);
        let curve = match kind {
            Some(b"curv") => read_sampled(reader),
            Some(b"para") => read_parametric(reader),
            _ => None,
        };
        curve.ok_or("profile has a broken curve or one longer than any real one")
    }

    /// Whether it gives back what it gets.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Curve::Gamma(gamma) | Curve::Parametric(0, [gamma, ..]) if *gamma == 1.0)
            || matches!(self, Curve::Words([[0, 0], [255, 255]]) | Curve::Bytes([0, 255]))
    }

    /// Whether it differs from the curve of sRGB by no more than the rounding of an 8-bit sample, at each
    /// of the 256 samples.
    pub(crate) fn is_srgb(&self) -> bool {
        (0..=255u8).all(|sample| {
            let encoded = f64::from(sample) / 255.0;
            (encode(self.at(encoded)) - encoded).abs() < 0.6 / 255.0
        })
    }

    /// Its value at each of the 256 samples.
    pub(crate) fn levels(&self) -> [f32; 256] {
        let mut levels = [0.0; 256];
        for (level, sample) in levels.iter_mut().zip(0..=255u8) {
            *level = self.at(f64::from(sample) / 255.0) as f32;
        }
        levels
    }

    /// Its value at `x`, which is between 0 and 1; so is the value.
    pub(crate) fn at(&self, x: f64) -> f64 {
        let value = match *self {
            Curve::Gamma(gamma) => x.powf(gamma),
            Curve::Parametric(kind, numbers) => parametric(kind, numbers, x),
            Curve::Bytes(entries) => sampled(entries, x, |entry| f64::from(entry) / 255.0),
            Curve::Words(entries) => {
                sampled(entries, x, |entry| f64::from(u16::from_be_bytes(entry)) / 65535.0)
            }
        };
        // A stranger's numbers can make infinities and NaN; nothing behind this line can.
        if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
    }
}

/// 10.6: no entry is the identity, one is a power in 8.8 fixed point.
fn read_sampled<'a>(reader: &mut Reader<'a>) -> Option<Curve<'a>> {
    match reader.u32_be()? {
        0 => Some(Curve::Gamma(1.0)),
        1 => Some(Curve::Gamma(f64::from(reader.u16_be()?) / 256.0)),
        count if count <= MOST_ENTRIES => {
            let bytes = reader.take(usize::try_from(count).ok()?.checked_mul(2)?)?;
            Some(Curve::Words(bytes.as_chunks().0))
        }
        _ => None,
    }
}

/// 10.18: function type, two reserved bytes, one to seven numbers.
fn read_parametric<'a>(reader: &mut Reader<'a>) -> Option<Curve<'a>> {
    let kind = reader.u16_be()?;
    reader.take(2)?;
    let count = *[1, 3, 4, 5, 7].get(usize::from(kind))?;
    let mut numbers = [0.0; 7];
    for number in numbers.iter_mut().take(count) {
        *number = f64::from(i32::from_be_bytes(*reader.array()?)) / 65536.0;
    }
    Some(Curve::Parametric(kind, numbers))
}

/// Table 68: the functions, with the parameters in the order of the file.
fn parametric(kind: u16, [g, a, b, c, d, e, f]: [f64; 7], x: f64) -> f64 {
    let power = || (a * x + b).max(0.0).powf(g);
    match kind {
        0 => x.powf(g),
        1 | 2 => {
            let offset = if kind == 1 { 0.0 } else { c };
            if x >= -b / a { power() + offset } else { offset }
        }
        3 if x >= d => power(),
        3 => c * x,
        _ if x >= d => power() + e,
        _ => c * x + f,
    }
}

/// On the straight line between the two entries around `x`.
fn sampled<T: Copy>(entries: &[T], x: f64, value: impl Fn(T) -> f64) -> f64 {
    let last = entries.len().saturating_sub(1);
    let entry = |at: usize| entries.get(at.min(last)).map_or(0.0, |entry| value(*entry));
    let place = x * last as f64;
    // Float to integer saturates.
    let low = (place as usize).min(last);
    let part = place - low as f64;
    entry(low) * (1.0 - part) + entry(low.saturating_add(1)) * part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Result<Curve<'_>, &'static str> {
        Curve::read(&mut Reader::new(bytes))
    }

    fn para(kind: u16, numbers: &[f64]) -> Vec<u8> {
        let mut bytes = b"para\0\0\0\0".to_vec();
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0; 2]);
        for number in numbers {
            bytes.extend(((number * 65536.0) as i32).to_be_bytes());
        }
        bytes
    }

    #[test]
    fn each_parametric_function_is_the_one_of_table_68() {
        let at = |kind, numbers: &[f64], x| parsed(&para(kind, numbers)).unwrap().at(x);
        assert!((at(0, &[2.0], 0.5) - 0.25).abs() < 1e-6);
        assert!((at(1, &[2.0, 2.0, -0.5], 0.5) - 0.25).abs() < 1e-6);
        assert_eq!(at(1, &[2.0, 2.0, -0.5], 0.2), 0.0);
        assert!((at(2, &[2.0, 2.0, -0.5, 0.25], 0.2) - 0.25).abs() < 1e-6);
        assert!((at(3, &[2.0, 1.0, 0.0, 0.5, 0.4], 0.2) - 0.1).abs() < 1e-5);
        assert!((at(3, &[2.0, 1.0, 0.0, 0.5, 0.4], 0.5) - 0.25).abs() < 1e-5);
        assert!((at(4, &[2.0, 1.0, 0.0, 0.5, 0.4, 0.125, 0.25], 0.2) - 0.35).abs() < 1e-5);
        assert!((at(4, &[2.0, 1.0, 0.0, 0.5, 0.4, 0.125, 0.25], 0.5) - 0.375).abs() < 1e-5);
    }

    #[test]
    fn a_curve_never_leaves_0_to_1_whatever_its_numbers() {
        for kind in 0..=4 {
            for numbers in [[0.0; 7], [-1.0; 7], [32767.0; 7], [-32768.0, 0.0, 0.0, 1.0, -1.0, 1.0, 1.0]] {
                let bytes = para(kind, &numbers);
                let curve = parsed(&bytes).unwrap();
                for x in [0.0, 1e-9, 0.5, 1.0] {
                    assert!((0.0..=1.0).contains(&curve.at(x)), "{kind} {numbers:?} {x}");
                }
            }
        }
    }

    #[test]
    fn entries_are_joined_by_straight_lines() {
        let curve = parsed(b"curv\0\0\0\0\0\0\0\x03\0\0\xff\xff\0\0").unwrap();
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|x| curve.at(x)), [0.0, 0.5, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn refuses_a_curve_that_is_cut_or_endless() {
        for bytes in [
            &b"curv\0\0\0\0\0\0\0\x03\0\0\xff\xff\0"[..],
            b"curv\0\0\0\0\0\0\x10\x01",
            b"curv\0\0\0\0",
            b"para\0\0\0\0\0\x05\0\0",
            b"para\0\0\0\0\0\0\0\0\0\0",
            b"text\0\0\0\0",
            b"",
        ] {
            assert!(parsed(bytes).is_err());
        }
        let mut long = b"curv\0\0\0\0\0\0\x10\x01".to_vec();
        long.resize(12 + 2 * 4097, 0);
        assert!(parsed(&long).is_err());
    }
}
