//! HTTP for the door: one file for each thing somebody does there.

pub mod correction;
pub mod door;
pub mod live;
pub mod roll;
