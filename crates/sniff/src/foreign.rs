//! The things that are known by name and not decoded.

macro_rules! foreign {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $class:ident, $phrase:literal;)*) => {
        /// A known kind of file that is not decoded here, in alphabetical order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Foreign { $($(#[$doc])* $variant,)* }

        impl Foreign {
            /// Every kind.
            pub const ALL: &'static [Foreign] = &[$(Foreign::$variant,)*];

            /// The snake-case name for logs, metrics and JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Foreign::$variant => $name,)* }
            }

            /// Whether it is a raster picture, only of a format that is not decoded: `Unsupported`. All
            /// else is no picture, or can carry scripts and references: `Refused`.
            pub const fn is_picture(self) -> bool {
                match self { $(Foreign::$variant => matches!(Class::$class, Class::Picture),)* }
            }

            /// The phrase of its error.
            pub(crate) const fn phrase(self) -> &'static str {
                match self { $(Foreign::$variant => $phrase,)* }
            }
        }
    };
}

/// The two classes of the table below.
enum Class {
    Picture,
    Other,
}

foreign! {
    /// AV1 in HEIF, still or sequence.
    Avif = "avif", Picture, "AVIF picture (not decoded)";
    /// Windows bitmap.
    Bmp = "bmp", Picture, "BMP picture (not decoded)";
    /// Encapsulated or plain PostScript, with or without the DOS header.
    Eps = "eps", Other, "PostScript document (a program, not a picture)";
    /// OpenEXR.
    Exr = "exr", Picture, "OpenEXR picture (not decoded)";
    /// Hierarchical Data Format 5.
    Hdf5 = "hdf5", Other, "HDF5 data file (not a picture)";
    /// HEVC or other codecs in HEIF.
    Heic = "heic", Picture, "HEIC picture (not decoded)";
    /// HTML, whole or a piece.
    Html = "html", Other, "HTML document (active content)";
    /// Windows icon or cursor.
    Ico = "ico", Picture, "ICO icon (not decoded)";
    /// MP4, QuickTime and other ISO base media that are no HEIF.
    IsoMedia = "iso_media", Other, "ISO base media file such as MP4 (not a picture)";
    /// JPEG 2000, boxed or bare.
    Jpeg2000 = "jpeg2000", Picture, "JPEG 2000 picture (not decoded)";
    /// JPEG XL, boxed or bare.
    Jxl = "jxl", Picture, "JPEG XL picture (not decoded)";
    /// MATLAB MAT-file, levels 5 and 7.3.
    Mat = "mat", Other, "MATLAB data file (not a picture)";
    /// PBM, PGM, PPM, PAM, PFM.
    Netpbm = "netpbm", Picture, "Netpbm picture (not decoded)";
    /// Portable Document Format.
    Pdf = "pdf", Other, "PDF document (active content)";
    /// Photoshop, PSB included.
    Psd = "psd", Picture, "Photoshop picture (not decoded)";
    /// Quite OK Image.
    Qoi = "qoi", Picture, "QOI picture (not decoded)";
    /// RIFF of another kind than WebP: WAVE, AVI, animated cursor.
    RiffOther = "riff_other", Other, "RIFF file of another kind than WebP (not a picture)";
    /// A shebang line or PHP.
    Script = "script", Other, "script (not a picture)";
    /// Scalable Vector Graphics, in any encoding of Unicode.
    Svg = "svg", Other, "SVG document (scalable, active content)";
    /// gzip: an svgz, or anything else that was compressed; it is not looked into.
    SvgCompressed = "svg_compressed", Other, "gzip data (svgz)";
    /// TIFF and BigTIFF, and the camera raw formats built on them.
    Tiff = "tiff", Picture, "TIFF picture (not decoded)";
    /// GIMP.
    Xcf = "xcf", Picture, "GIMP picture (not decoded)";
    /// XML whose root is neither SVG nor HTML, or is not within the first kilobyte.
    Xml = "xml", Other, "XML document (not a picture)";
    /// ZIP, and what is built on it: OOXML, JAR, APK.
    Zip = "zip", Other, "ZIP archive (not a picture)";
}
