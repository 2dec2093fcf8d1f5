//! The rulebook the service ships with, until a committee adopts its own.

use domain::score::Rulebook;

/// The six-ones default scheme, as shipped.
pub fn shipped() -> Rulebook {
    toml::from_str(include_str!("../rulebooks/six_ones.toml"))
        .expect("the shipped rulebook is tested")
}
