//! Decoders behind admission: every band or an error of its kind, never more memory than predicted.

use fic_core::{Bands, Budget, Request, Truncated};

use super::{check_error, drain, limits};

macro_rules! decode_target {
    ($name:ident, $krate:ident) => {
        /// Outline, admission, and every band, with truncated pictures refused and accepted, in full and small.
        pub fn $name(data: &[u8]) {
            let limits = limits();
            let Ok(outline) = $krate::outline(data) else { return };
            let budget = Budget::new(&limits);
            if let Err(error) = outline.icc(data, &limits, &budget) {
                check_error(&error);
            }
            let full = Request::full();
            let lenient = full.with_truncated(Truncated::Accept);
            for request in [full, lenient, full.with_at_least(16, 16), lenient.with_at_least(64, 64)] {
                match $krate::admit(data, &outline, &request, &limits) {
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

decode_target!(gif, fic_gif);
decode_target!(jpeg, fic_jpeg);
decode_target!(png, fic_png);
decode_target!(webp, fic_webp);
