//! What can be said on the command line.

use std::num::{NonZeroU8, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fastimagecache::{Enlarge, Fidelity, Filter, Fit, Gravity, Isolation, Output, Recipe, Subsampling};

/// Exit codes, for the help text and the man page.
const EXIT_CODES: &str = "Exit codes: 0 all done; 2 wrong usage; 10 malformed; 11 over a limit; 12 unsupported; \
     13 refused; 14 read or write failed; 15 deadline; 16 cancelled; 17 a decoder failed (please report); \
     18 a confined worker gave no answer; 20 several files failed in different ways.";

/// Thumbnails of pictures from strangers: every resource is bounded before it is spent.
#[derive(Debug, Parser)]
#[command(name = "fastimagecache", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) log: LogArguments,
}

/// What is written to standard error for machines.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LogArguments {
    /// Write refusals and incidents to standard error as one line each, in place of sentences, notes and progress
    #[arg(long, global = true, value_enum, default_value = "off")]
    pub(crate) log: LogName,

    /// With --log, a line too for each stage and call, with its time, work and memory
    #[arg(long, global = true)]
    pub(crate) log_stages: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogName {
    /// JSON, with the names of the Elastic Common Schema
    Json,
    /// Sentences, notes and progress for people
    Off,
    /// Words and name=value
    Text,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make thumbnails of files and folders
    Thumb(ThumbArguments),
    /// Put thumbnails of files and folders into a cache
    Warm(WarmArguments),
    /// Look after a cache
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Show what files are, without decoding a pixel
    Inspect(InspectArguments),
    /// Show what confines a worker on this machine, and have one try what is forbidden
    Doctor(DoctorArguments),
    /// Print the limits in force as TOML, fit for --limits
    Limits(PolicyArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    /// A preset (untrusted, strict_avatar, trusted) or a TOML file as `fastimagecache limits` prints it
    #[arg(long, value_name = "FILE|PRESET", default_value = "untrusted")]
    pub(crate) limits: String,

    /// Keep what is left of pictures whose data ends early
    #[arg(long)]
    pub(crate) accept_truncated: bool,

    /// Decode in confined worker processes (Linux): all files, those in which something odd was noticed, or none
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    pub(crate) isolate: Option<IsolateName>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// Files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Print one JSON object a line instead of a table
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ThumbArguments {
    /// Files and folders; `-` is standard input
    #[arg(required = true, value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,

    /// The file to write, or the folder for several; `-` is standard output
    #[arg(short, long, value_name = "OUT|DIR")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,

    #[command(flatten)]
    pub(crate) cache: ThumbCacheArguments,

    /// Pictures made at once; by default one for each core
    #[arg(short, long)]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Print failures only: no notes, no progress, no summary
    #[arg(long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct WarmArguments {
    /// Files and folders
    #[arg(required = true, value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,

    /// The cache's folder, made where it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: PathBuf,

    #[command(flatten)]
    pub(crate) room: RoomArguments,

    #[command(flatten)]
    pub(crate) recipe: RecipeArguments,

    /// Pictures made at once; by default one for each core
    #[arg(short, long)]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Print failures only: no notes, no progress, no summary
    #[arg(long)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ThumbCacheArguments {
    /// Look in this cache first, and keep there what is made
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) room: RoomArguments,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RoomArguments {
    /// What the cache may take on disk: bytes, or a number with K, M, G or T
    #[arg(long, default_value = "1G", value_name = "SIZE")]
    pub(crate) cache_quota: Bytes,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Print how full it is
    Stat(CacheArguments),
    /// Read every entry; delete what is damaged or expired
    Verify(CacheArguments),
    /// Evict the least used until no more than SIZE is on disk
    Trim {
        #[command(flatten)]
        cache: CacheArguments,
        /// Bytes, or a number with K, M, G or T
        #[arg(long, value_name = "SIZE")]
        to: Bytes,
    },
    /// Remove all that was made from a file; the file must be as it was
    Purge {
        #[command(flatten)]
        cache: CacheArguments,
        /// The file
        source: PathBuf,
    },
    /// Remove everything
    Clear(CacheArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    /// The cache's folder
    #[arg(value_name = "DIR")]
    pub(crate) root: PathBuf,
}

/// How the thumbnails are to be.
#[derive(Debug, Args)]
pub(crate) struct RecipeArguments {
    /// Pixels to fit: one number for a square, or WIDTHxHEIGHT
    #[arg(short, long, default_value = "256", value_name = "N|WxH")]
    pub(crate) size: Size,

    /// How the picture meets the size
    #[arg(long, value_enum, default_value = "contain")]
    pub(crate) fit: FitName,

    /// Which part `cover` keeps, and where `pad` puts the picture
    #[arg(long, value_enum, default_value = "centre")]
    pub(crate) gravity: GravityName,

    /// Enlarge pictures that are smaller than the size
    #[arg(long)]
    pub(crate) enlarge: bool,

    /// The resampling filter
    #[arg(long, value_enum, default_value = "lanczos3")]
    pub(crate) filter: FilterName,

    /// How much of each file is decoded: less is faster and a little softer
    #[arg(long, value_enum, default_value = "standard")]
    pub(crate) fidelity: FidelityName,

    /// Which frame of an animated GIF or WebP, counted from 0
    #[arg(long, default_value = "0", value_name = "N")]
    pub(crate) frame: u32,

    /// Threads that decode one picture, beside the pictures made at once: for large JPEG files; the result is the same
    #[arg(long, default_value = "1", value_name = "N")]
    pub(crate) threads: NonZeroU8,

    /// The output format; by default what the output's name says, else PNG for transparent pictures and
    /// JPEG for others
    #[arg(long, value_enum)]
    pub(crate) format: Option<OutputName>,

    /// JPEG quality
    #[arg(short, long, default_value_t = 80, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) quality: u8,

    /// JPEG chroma subsampling
    #[arg(long, value_enum, default_value = "420")]
    pub(crate) subsampling: SubsamplingName,

    /// What lies under transparent pixels in a JPEG, and around a picture with `--fit pad`: RRGGBB, or
    /// RRGGBBAA
    #[arg(long, default_value = "ffffff", value_name = "HEX")]
    pub(crate) background: Colour,
}

impl RecipeArguments {
    /// The recipe, with the output format that `by_name` suggests where none was asked for.
    pub(crate) fn recipe(&self, by_name: Option<Output>) -> Recipe {
        let Size { width, height } = self.size;
        let [red, green, blue, alpha] = self.background.0;
        let gravity = self.gravity.gravity();
        let fit = match self.fit {
            FitName::Contain => Fit::Contain,
            FitName::Cover => Fit::Cover { gravity },
            FitName::Fill => Fit::Fill,
            FitName::Pad => Fit::Pad { background: [red, green, blue, alpha], gravity },
        };
        let output = self.format.map(OutputName::output).or(by_name).unwrap_or_default();
        Recipe::within(width, height)
            .with_fit(fit)
            .with_enlarge(if self.enlarge { Enlarge::Allow } else { Enlarge::Never })
            .with_filter(self.filter.filter())
            .with_fidelity(self.fidelity.fidelity())
            .with_output(output)
            .with_quality(self.quality)
            .with_subsampling(self.subsampling.subsampling())
            .with_background([red, green, blue])
            .with_frame(self.frame)
            .with_threads(self.threads)
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    width: u32,
    height: u32,
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Size, &'static str> {
        let side = |text: &str| {
            text.parse().ok().filter(|&side| side > 0).ok_or("expected a number of pixels, or WIDTHxHEIGHT")
        };
        match text.split_once(['x', 'X']) {
            Some((width, height)) => Ok(Size { width: side(width)?, height: side(height)? }),
            None => side(text).map(|side| Size { width: side, height: side }),
        }
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Bytes, &'static str> {
        const EXPECTED: &str = "expected a number of bytes, or one with K, M, G or T";
        let (number, shift) = match text.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&text[..at], 10),
            Some((at, 'm' | 'M')) => (&text[..at], 20),
            Some((at, 'g' | 'G')) => (&text[..at], 30),
            Some((at, 't' | 'T')) => (&text[..at], 40),
            _ => (text, 0),
        };
        let is_number = number.bytes().all(|digit| digit.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| is_number).ok_or(EXPECTED)?;
        number.checked_mul(1 << shift).map(Bytes).ok_or(EXPECTED)
    }
}

/// A colour as red, green, blue and alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour([u8; 4]);

impl FromStr for Colour {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Colour, &'static str> {
        const EXPECTED: &str = "expected RRGGBB or RRGGBBAA in hexadecimal";
        let digits = text.strip_prefix('#').unwrap_or(text);
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex).ok_or(EXPECTED)?;
        match digits.len() {
            6 => Ok(Colour((value << 8 | 0xff).to_be_bytes())),
            8 => Ok(Colour(value.to_be_bytes())),
            _ => Err(EXPECTED),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum IsolateName {
    /// Every file
    Always,
    /// No file
    Never,
    /// Files in which something is noticed that ordinary cameras and programs do not write
    Suspicious,
}

impl IsolateName {
    pub(crate) fn isolation(self) -> Isolation {
        match self {
            IsolateName::Always => Isolation::Always,
            IsolateName::Never => Isolation::Never,
            IsolateName::Suspicious => Isolation::WhenSuspicious,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FitName {
    /// The whole picture within the size
    Contain,
    /// The size filled, what sticks out cut off
    Cover,
    /// Exactly the size, whatever that does to the aspect ratio
    Fill,
    /// The whole picture on a canvas of exactly the size
    Pad,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GravityName {
    Centre,
    North,
    NorthEast,
    East,
    SouthEast,
    South,
    SouthWest,
    West,
    NorthWest,
}

impl GravityName {
    fn gravity(self) -> Gravity {
        match self {
            GravityName::Centre => Gravity::Centre,
            GravityName::North => Gravity::North,
            GravityName::NorthEast => Gravity::NorthEast,
            GravityName::East => Gravity::East,
            GravityName::SouthEast => Gravity::SouthEast,
            GravityName::South => Gravity::South,
            GravityName::SouthWest => Gravity::SouthWest,
            GravityName::West => Gravity::West,
            GravityName::NorthWest => Gravity::NorthWest,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FilterName {
    Box,
    CatmullRom,
    Lanczos3,
    Mitchell,
}

impl FilterName {
    fn filter(self) -> Filter {
        match self {
            FilterName::Box => Filter::Box,
            FilterName::CatmullRom => Filter::CatmullRom,
            FilterName::Lanczos3 => Filter::Lanczos3,
            FilterName::Mitchell => Filter::Mitchell,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FidelityName {
    /// Everything, at full size
    Exact,
    /// No less than the size of the output
    Fast,
    /// No less than twice the size of the output
    Standard,
}

impl FidelityName {
    fn fidelity(self) -> Fidelity {
        match self {
            FidelityName::Exact => Fidelity::Exact,
            FidelityName::Fast => Fidelity::Fast,
            FidelityName::Standard => Fidelity::Standard,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OutputName {
    /// PNG where a pixel is transparent, JPEG otherwise
    Auto,
    Jpeg,
    Png,
    /// Lossless WebP
    Webp,
}

impl OutputName {
    fn output(self) -> Output {
        match self {
            OutputName::Auto => Output::Auto,
            OutputName::Jpeg => Output::Jpeg,
            OutputName::Png => Output::Png,
            OutputName::Webp => Output::WebP,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SubsamplingName {
    #[value(name = "420")]
    S420,
    #[value(name = "444")]
    S444,
}

impl SubsamplingName {
    fn subsampling(self) -> Subsampling {
        match self {
            SubsamplingName::S420 => Subsampling::S420,
            SubsamplingName::S444 => Subsampling::S444,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_and_colours_are_read_or_refused() {
        assert_eq!("256".parse(), Ok(Size { width: 256, height: 256 }));
        assert_eq!("640x480".parse(), Ok(Size { width: 640, height: 480 }));
        for wrong in ["", "0", "x", "10x", "-1", "1x0", "4294967296"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
        assert_eq!("65536".parse(), Ok(Bytes(65_536)));
        assert_eq!(("64k".parse(), "2G".parse()), (Ok(Bytes(65_536)), Ok(Bytes(2 << 30))));
        for wrong in ["", "G", "-1", "+1", "1.5G", "16777216T", "1KB"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
        assert_eq!("#102030".parse(), Ok(Colour([0x10, 0x20, 0x30, 0xff])));
        assert_eq!("10203040".parse(), Ok(Colour([0x10, 0x20, 0x30, 0x40])));
        for wrong in ["", "12345", "+12345", "1020304g", "102030405"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }
}
