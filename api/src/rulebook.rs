//! The rulebook the service ships with, until a committee adopts its own.

use domain::score::{Rulebook, SIX_ONES};

/// The six-ones default scheme, as shipped.
pub fn shipped() -> Rulebook {
    toml::from_str(SIX_ONES).expect("the shipped rulebook is tested")
}
