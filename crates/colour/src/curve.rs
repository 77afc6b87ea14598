//! Tone curves of ICC profiles: checks one, and tells whether it is the curve of sRGB.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use fic_core::Reader;

/// The bytes of a `curv` or `para` element, exactly as long as it says, of a bounded length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve<'a> {
    data: &'a [u8],
    shape: Shape<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Shape<'a> {
    Identity,
    Gamma(f64),
    /// ICC.1:2022 10.18, function type and up to seven numbers.
    Parametric(u16, [f64; 7]),
    /// Big-endian `u16` values at equal distances.
    Sampled(&'a [u8]),
}

/// More entries than any real curve has.
const MOST_ENTRIES: u32 = 4096;

impl<'a> Curve<'a> {
    /// Reads the curve that `data` starts with (10.6 and 10.18).
    pub(crate) fn read(data: &'a [u8]) -> Result<Curve<'a>, &'static str> {
        let mut reader = Reader::new(data);
        let kind = reader.array::<4>();
        reader.skip(4);
        let shape = match kind {
            Some(b"curv") => read_sampled(&mut reader),
            Some(b"para") => read_parametric(&mut reader),
            _ => None,
        };
        let shape = shape.ok_or("profile has a broken curve or one longer than any real one")?;
        Ok(Curve { data: data.get(..reader.position()).unwrap_or_default(), shape })
    }

    /// The element.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Whether it differs from the curve of sRGB by no more than the rounding of an 8-bit sample, at each
    /// of the 256 samples.
    pub(crate) fn is_srgb(&self) -> bool {
        (0..=255u8).all(|sample| {
            let encoded = f64::from(sample) / 255.0;
            (encode(self.linear(encoded)) - encoded).abs() < 0.6 / 255.0
        })
    }

    fn linear(&self, x: f64) -> f64 {
        match self.shape {
            Shape::Identity => x,
            Shape::Gamma(gamma) => x.powf(gamma),
            Shape::Parametric(kind, p) => parametric(kind, p, x),
            Shape::Sampled(entries) => sampled(entries, x),
        }
    }
}

fn read_sampled<'a>(reader: &mut Reader<'a>) -> Option<Shape<'a>> {
    match reader.u32_be()? {
        0 => Some(Shape::Identity),
        1 => Some(Shape::Gamma(f64::from(reader.u16_be()?) / 256.0)),
        count if count <= MOST_ENTRIES => {
            reader.take(usize::try_from(count).ok()?.checked_mul(2)?).map(Shape::Sampled)
        }
        _ => None,
    }
}

fn read_parametric<'a>(reader: &mut Reader<'a>) -> Option<Shape<'a>> {
    let kind = reader.u16_be()?;
    reader.take(2)?;
    let count = *[1, 3, 4, 5, 7].get(usize::from(kind))?;
    let mut numbers = [0.0; 7];
    for number in numbers.iter_mut().take(count) {
        *number = f64::from(i32::from_be_bytes(*reader.array()?)) / 65536.0;
    }
    Some(Shape::Parametric(kind, numbers))
}

/// Table 68: the functions, with the parameters in the order of the file.
fn parametric(kind: u16, [g, a, b, c, d, e, f]: [f64; 7], x: f64) -> f64 {
    let power = |x: f64| (a * x + b).max(0.0).powf(g);
    match kind {
        0 => x.powf(g),
        1 => {
            if x >= -b / a {
                power(x)
            } else {
                0.0
            }
        }
        2 => {
            if x >= -b / a {
                power(x) + c
            } else {
                c
            }
        }
        3 => {
            if x >= d {
                power(x)
            } else {
                c * x
            }
        }
        _ => {
            if x >= d {
                power(x) + e
            } else {
                c * x + f
            }
        }
    }
}

/// Linear between the two entries around `x`.
fn sampled(entries: &[u8], x: f64) -> f64 {
    let values = entries.as_chunks::<2>().0;
    let last = values.len().saturating_sub(1);
    let entry = |at: usize| values.get(at.min(last)).map_or(0.0, |v| f64::from(u16::from_be_bytes(*v)));
    let place = x * last as f64;
    // Float to integer saturates, and `entry` stays inside.
    let low = place.floor() as usize;
    let part = place - place.floor();
    (entry(low) * (1.0 - part) + entry(low.saturating_add(1)) * part) / 65535.0
}

/// IEC 61966-2-1: linear light to an sRGB sample, both 0 to 1.
fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}
