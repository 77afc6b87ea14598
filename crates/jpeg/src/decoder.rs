//! Bands of pixels: a row of MCUs at a time, upsampled and converted.
//!
//! In comes an admitted file; out come bands of `8 * v_max` rows. Rows at a band's edge mix with their
//! neighbours in the next one, so the decoder stays one stripe ahead.

use fic_core::{Band, Bands, Budget, ColourModel, Error, Hold, PixelLayout, Stage, Truncated, rows_bytes};

use crate::admit::Admitted;
use crate::coefficients::{self, Coefficients};
use crate::colour;
use crate::convert;
use crate::frame::{Frame, MAX_COMPONENTS};
use crate::onepass::{self, OnePass};
use crate::stripe::{self, Stripe};
use crate::upsample::Upsampling;

/// A picture being decoded.
pub struct Decoder<'a> {
    source: Source<'a>,
    rows: Rows,
    budget: Budget,
    truncated: Truncated,
    was_truncated: bool,
    /// The stripe that the next band is made of, and whether it is there.
    next: usize,
    primed: bool,
    _holds: [Hold; 2],
}

enum Source<'a> {
    /// Scan by scan; decoded when the first band is pulled.
    Admitted(Box<Admitted<'a>>),
    Coefficients(Box<Coefficients>),
    OnePass(Box<OnePass<'a>>),
}

/// Opens an admitted file for decoding.
///
/// # Errors
/// `Limit` naming `max_heap_bytes` where the budget does not grant the memory.
pub fn open<'a>(admitted: Admitted<'a>, budget: &Budget) -> Result<Decoder<'a>, Error> {
    let frame = *admitted.outline.frame();
    let colour = admitted.outline.header().colour;
    let truncated = admitted.truncated;
    let rows_hold = budget.hold(heap_bytes(&frame, colour::layout(colour)))?;
    let (source, source_hold) = match admitted.outline.one_pass() {
        None => {
            let hold = budget.hold(coefficients::heap_bytes(&admitted.outline))?;
            (Source::Admitted(Box::new(admitted)), hold)
        }
        Some(scan) => {
            let hold = budget.hold(onepass::heap_bytes(&admitted.outline))?;
            let one_pass = OnePass::new(admitted.input, &admitted.outline, scan, truncated);
            (Source::OnePass(Box::new(one_pass)), hold)
        }
    };
    Ok(Decoder {
        source,
        rows: Rows::new(&frame, colour),
        budget: budget.clone(),
        truncated,
        was_truncated: false,
        next: 0,
        primed: false,
        _holds: [rows_hold, source_hold],
    })
}

impl Bands for Decoder<'_> {
    fn width(&self) -> u32 {
        self.rows.frame.width.get()
    }

    fn height(&self) -> u32 {
        self.rows.frame.height.get()
    }

    fn layout(&self) -> PixelLayout {
        colour::layout(self.rows.colour)
    }

    fn next_band(&mut self) -> Result<Option<Band<'_>>, Error> {
        let number = self.next;
        if number >= self.rows.stripes {
            return Ok(None);
        }
        self.budget.check(Stage::Decode)?;
        if !self.primed {
            self.primed = true;
            self.pull(0)?;
        }
        self.rows.advance();
        if number + 1 < self.rows.stripes {
            self.pull(number + 1)?;
        }
        self.next += 1;
        Ok(Some(self.rows.band(number)))
    }

    fn was_truncated(&self) -> bool {
        self.was_truncated
    }
}

impl Decoder<'_> {
    /// Fills the stripe ahead with stripe `number`.
    fn pull(&mut self, number: usize) -> Result<(), Error> {
        if let Source::Admitted(admitted) = &self.source {
            let (input, outline) = (admitted.input, &admitted.outline);
            let coefficients = Coefficients::decode(input, outline, self.truncated, &self.budget)?;
            self.was_truncated = coefficients.was_truncated();
            self.source = Source::Coefficients(Box::new(coefficients));
        }
        let ahead = &mut self.rows.ahead;
        match &mut self.source {
            Source::Coefficients(coefficients) => coefficients.render(number, ahead),
            Source::OnePass(scan) => {
                scan.next_stripe(ahead)?;
                self.was_truncated = scan.was_truncated();
            }
            Source::Admitted(_) => {}
        }
        self.budget.check(Stage::Decode)
    }
}

/// The stripes around the present band, and what turns them into pixels.
struct Rows {
    frame: Frame,
    colour: ColourModel,
    upsamplings: [Option<Upsampling>; MAX_COMPONENTS],
    /// Rows of MCUs in the picture.
    stripes: usize,
    /// The last rows of the stripe before `present`.
    above: [Vec<u8>; MAX_COMPONENTS],
    present: Stripe,
    ahead: Stripe,
    sums: Vec<u16>,
    full: [Vec<u8>; MAX_COMPONENTS],
    out: Vec<u8>,
}

/// Bytes that [`Rows`] takes.
pub(crate) fn heap_bytes(frame: &Frame, layout: PixelLayout) -> u64 {
    let width = u64::from(frame.width.get());
    let (h_max, v_max) = frame.max_sampling();
    let above: u64 =
        (0..frame.components().len()).map(|index| u64::from(frame.padded_blocks(index).across) * 8).sum();
    let sums = width * 2;
    let full = (width + u64::from(h_max)) * frame.components().len() as u64;
    2 * stripe::heap_bytes(frame)
        + above
        + sums
        + full
        + rows_bytes(layout, frame.width.get(), (v_max * 8).min(frame.height.get()))
        + FIXED_BYTES
}

/// An error on the way out.
const FIXED_BYTES: u64 = 512;

impl Rows {
    fn new(frame: &Frame, colour: ColourModel) -> Rows {
        let count = frame.components().len();
        let upsamplings =
            std::array::from_fn(|index| if index < count { Upsampling::of(frame, index) } else { None });
        let per_component = |len: &dyn Fn(usize) -> usize| {
            std::array::from_fn(|index| vec![0; if index < count { len(index) } else { 0 }])
        };
        let v_max = frame.max_sampling().1;
        let layout = colour::layout(colour);
        let out_bytes = rows_bytes(layout, frame.width.get(), (v_max * 8).min(frame.height.get()));
        Rows {
            frame: *frame,
            colour,
            upsamplings,
            stripes: frame.mcus().down as usize,
            above: per_component(&|index| frame.padded_blocks(index).across as usize * 8),
            present: Stripe::new(frame),
            ahead: Stripe::new(frame),
            sums: vec![0; frame.width.get() as usize],
            full: per_component(&|index| upsamplings[index].map_or(0, |u: Upsampling| u.width_out())),
            out: vec![0; out_bytes as usize],
        }
    }

    /// Makes the stripe ahead the present one.
    fn advance(&mut self) {
        for (index, above) in self.above.iter_mut().enumerate().take(self.frame.components().len()) {
            let last = self.frame.sampling(index).1 as usize * 8 - 1;
            above.copy_from_slice(self.present.row(index, last));
        }
        std::mem::swap(&mut self.present, &mut self.ahead);
    }

    /// The pixels of stripe `number`, which is the present one.
    fn band(&mut self, number: usize) -> Band<'_> {
        let per_stripe = self.frame.max_sampling().1 as usize * 8;
        let first_row = number * per_stripe;
        let rows = per_stripe.min(self.frame.height.get() as usize - first_row);
        let width = self.frame.width.get() as usize;
        let stride = width * colour::layout(self.colour).channels();
        for row in 0..rows {
            for index in 0..self.frame.components().len() {
                self.fill_full_row(number, index, row);
            }
            let full = self.full.each_ref().map(Vec::as_slice);
            convert::row(self.colour, full, width, &mut self.out[row * stride..][..stride]);
        }
        Band { first_row: first_row as u32, bytes: &self.out[..rows * stride] }
    }

    /// Brings row `row` of the band to full size for one component.
    fn fill_full_row(&mut self, number: usize, index: usize, row: usize) {
        let Some(upsampling) = self.upsamplings[index] else { return };
        let in_stripe = self.frame.sampling(index).1 as usize * 8;
        let last_row = self.frame.samples(index).down as usize - 1;
        let at = row / upsampling.down;
        let upper = row.is_multiple_of(2);
        let near = self.present.row(index, at);
        let far = if !upsampling.smooth_down {
            near
        } else if upper {
            match at.checked_sub(1) {
                Some(above) => self.present.row(index, above),
                None if number == 0 => near,
                None => &self.above[index],
            }
        } else if number * in_stripe + at == last_row {
            near
        } else if at + 1 == in_stripe {
            self.ahead.row(index, 0)
        } else {
            self.present.row(index, at + 1)
        };
        upsampling.row(near, far, upper, &mut self.sums, &mut self.full[index]);
    }
}
