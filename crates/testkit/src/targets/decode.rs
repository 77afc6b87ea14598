//! Decoders behind admission: every band or an error of its kind, never more memory than predicted.

use fic_core::{Bands, Budget, Header, Kind, Request, Truncated};

use super::{check_error, drain, limits};

macro_rules! decode_target {
    ($name:ident, $krate:ident) => {
        /// Outline, admission, and every band: in full, smaller, of a later frame, with truncated pictures refused and
        /// accepted.
        pub fn $name(data: &[u8]) {
            let limits = limits();
            let Ok(outline) = $krate::outline(data) else { return };
            let budget = Budget::new(&limits);
            if let Err(error) = outline.icc(data, &limits, &budget) {
                check_error(&error);
            }
            for request in requests(data, outline.header()) {
                match $krate::admit(data, &outline, &request, &limits) {
                    Err(error) if error.kind() == Kind::Misuse => {
                        assert!(u64::from(request.frame) >= outline.header().frames, "{error}");
                    }
                    Err(error) => check_error(&error),
                    Ok(admitted) => drain(admitted.cost(), &budget, || {
                        let decoder = $krate::open(admitted, &budget)?;
                        Ok(Box::new(decoder) as Box<dyn Bands>)
                    }),
                }
            }
        }
    };
}

/// The whole picture both ways; of the other requests, which would make each input slow, two that its bytes choose.
fn requests(data: &[u8], header: &Header) -> [Request; 4] {
    let full = Request::full();
    let lenient = full.with_truncated(Truncated::Accept);
    let smaller = |request: Request, by: u32| {
        request.with_at_least(header.width.get().div_ceil(by), header.height.get().div_ceil(by))
    };
    let choice = crc32fast::hash(data);
    let scaled = [
        full.with_at_least(16, 16),
        lenient.with_at_least(64, 64),
        smaller(full, 2),
        smaller(lenient, 3),
        smaller(full, 4),
        smaller(lenient, 8),
        smaller(lenient, 50),
        full.with_at_least(1, 1),
    ];
    // One more than there are is among them.
    let frames = u32::try_from(header.frames).unwrap_or(u32::MAX).saturating_add(1);
    let frame = (choice >> 8) % frames;
    let later = if choice & 8 == 0 { full } else { lenient }.with_frame(frame);
    let later = if choice & 16 == 0 { later } else { smaller(later, 5) };
    [full, lenient, scaled[(choice % 8) as usize], later]
}

decode_target!(gif, fic_gif);
decode_target!(jpeg, fic_jpeg);
decode_target!(png, fic_png);
decode_target!(webp, fic_webp);
