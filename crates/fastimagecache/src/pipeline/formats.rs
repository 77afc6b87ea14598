//! One word for the four formats: their outlines, admissions and decoders have the same shape.

use fic_core::{Bands, Budget, Cost, Format, Header, HeldBytes, Limits, PixelLayout, Request};

use crate::pipeline::sizes::Scaling;
use crate::policy::{PngBackend, WebPBackend};
use crate::{Error, Policy};

/// The outline of a picture in any of the formats.
#[derive(Debug)]
pub(crate) enum AnyOutline {
    Gif(Box<fic_gif::Outline>),
    Jpeg(Box<fic_jpeg::Outline>),
    Png(Box<fic_png::Outline>),
    WebP(Box<fic_webp::Outline>),
}

/// A picture in any of the formats that was admitted.
pub(crate) enum AnyAdmitted<'a> {
    Gif(Box<fic_gif::Admitted<'a>>),
    Jpeg(Box<fic_jpeg::Admitted<'a>>),
    Png(Box<fic_png::Admitted<'a>>),
    WebP(Box<fic_webp::Admitted<'a>>),
}

macro_rules! each {
    ($of:expr, $enum:ident, $inner:ident => $body:expr) => {
        match $of {
            $enum::Gif($inner) => $body,
            $enum::Jpeg($inner) => $body,
            $enum::Png($inner) => $body,
            $enum::WebP($inner) => $body,
        }
    };
}

impl AnyOutline {
    /// One linear pass over `bytes`; no pixel is decoded.
    pub(crate) fn read(format: Format, bytes: &[u8]) -> Result<AnyOutline, Error> {
        Ok(match format {
            Format::Gif => AnyOutline::Gif(Box::new(fic_gif::outline(bytes)?)),
            Format::Jpeg => AnyOutline::Jpeg(Box::new(fic_jpeg::outline(bytes)?)),
            Format::Png => AnyOutline::Png(Box::new(fic_png::outline(bytes)?)),
            Format::WebP => AnyOutline::WebP(Box::new(fic_webp::outline(bytes)?)),
        })
    }

    pub(crate) fn header(&self) -> &Header {
        each!(self, AnyOutline, outline => outline.header())
    }

    pub(crate) fn icc(
        &self,
        bytes: &[u8],
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Option<HeldBytes>, Error> {
        each!(self, AnyOutline, outline => outline.icc(bytes, limits, budget))
    }

    pub(crate) fn admit<'a>(
        &self,
        bytes: &'a [u8],
        request: &Request,
        policy: &Policy,
    ) -> Result<AnyAdmitted<'a>, Error> {
        let limits = &policy.limits;
        Ok(match self {
            AnyOutline::Gif(outline) => {
                AnyAdmitted::Gif(Box::new(fic_gif::admit(bytes, outline, request, limits)?))
            }
            AnyOutline::Jpeg(outline) => {
                AnyAdmitted::Jpeg(Box::new(fic_jpeg::admit(bytes, outline, request, limits)?))
            }
            AnyOutline::Png(outline) => {
                let backend = match policy.png_backend {
                    PngBackend::Png => fic_png::Backend::Png,
                    PngBackend::Zune => fic_png::Backend::Zune,
                };
                AnyAdmitted::Png(Box::new(fic_png::admit_with(bytes, outline, request, limits, backend)?))
            }
            AnyOutline::WebP(outline) => {
                let backend = match policy.webp_backend {
                    WebPBackend::Own => fic_webp::Backend::Own,
                    #[cfg(feature = "image-webp")]
                    WebPBackend::ImageWebP => fic_webp::Backend::ImageWebP,
                };
                AnyAdmitted::WebP(Box::new(fic_webp::admit_with(bytes, outline, request, limits, backend)?))
            }
        })
    }
}

impl AnyAdmitted<'_> {
    pub(crate) fn cost(&self) -> Cost {
        each!(self, AnyAdmitted, admitted => admitted.cost())
    }

    /// How what will be decoded lies in the stored picture.
    pub(crate) fn scaling(&self) -> Scaling {
        match self {
            AnyAdmitted::Gif(_) | AnyAdmitted::Png(_) => Scaling { step: 1, cell: 1 },
            // At an eighth a pixel is its block's mean, while larger scales keep the detail that they have room for.
            AnyAdmitted::Jpeg(admitted) => match admitted.scale() {
                8 => Scaling { step: 8, cell: 8 },
                step => Scaling { step, cell: 1 },
            },
            AnyAdmitted::WebP(admitted) => Scaling { step: admitted.scale(), cell: admitted.scale() },
        }
    }

    /// Width and height of what will be decoded.
    pub(crate) fn size(&self) -> (u32, u32) {
        each!(self, AnyAdmitted, admitted => (admitted.width(), admitted.height()))
    }

    pub(crate) fn layout(&self) -> PixelLayout {
        each!(self, AnyAdmitted, admitted => admitted.layout())
    }
}

/// Starts decoding what was admitted.
pub(crate) fn open<'a>(admitted: AnyAdmitted<'a>, budget: &Budget) -> Result<Box<dyn Bands + 'a>, Error> {
    Ok(match admitted {
        AnyAdmitted::Gif(admitted) => Box::new(fic_gif::open(*admitted, budget)?),
        AnyAdmitted::Jpeg(admitted) => Box::new(fic_jpeg::open(*admitted, budget)?),
        AnyAdmitted::Png(admitted) => Box::new(fic_png::open(*admitted, budget)?),
        AnyAdmitted::WebP(admitted) => Box::new(fic_webp::open(*admitted, budget)?),
    })
}
