//! Pictures whose encodings differ most: noise, full swing, flat, smooth, drawn.

use fic_core::{PixelBuf, PixelLayout};

/// What is in a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Drawn,
    Flat,
    FullSwing,
    Noise,
    Smooth,
}

pub(crate) const CONTENTS: [Content; 5] =
    [Content::Drawn, Content::Flat, Content::FullSwing, Content::Noise, Content::Smooth];

pub(crate) const LAYOUTS: [PixelLayout; 4] =
    [PixelLayout::Gray, PixelLayout::GrayAlpha, PixelLayout::Rgb, PixelLayout::Rgba];

pub(crate) fn picture(content: Content, layout: PixelLayout, width: u32, height: u32) -> PixelBuf {
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut bytes = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..layout.channels() as u32 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let noise = (state >> 24) as u8;
                bytes.push(match content {
                    Content::Drawn => [250, 30][usize::from(x % 37 < 3 || (x + y * 3) % 29 == 0)],
                    Content::Flat => 77,
                    Content::FullSwing => [0, 255][usize::from(noise & 1)],
                    Content::Noise => noise,
                    Content::Smooth => smooth(x, y, channel) + (noise & 3),
                });
            }
        }
    }
    PixelBuf::from_parts(layout, width, height, bytes, None).unwrap()
}

/// Slow waves, as a sky or a face has them.
fn smooth(x: u32, y: u32, channel: u32) -> u8 {
    let wave = |at: u32, period: f64| (f64::from(at) / period).sin();
    (120.0 + 60.0 * wave(x + 20 * channel, 23.0) + 50.0 * wave(y, 31.0 + f64::from(channel))) as u8
}
