//! Whether a phone is at the venue, as far as its accuracy lets anybody say.
//!
//! Both points are GCJ-02, as the phone gives them and the map shows them. Nothing here converts coordinates.

use super::Refusal;

/// Mean radius of the earth (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A phone less accurate than this decides nothing: a person looks at it.
pub const REVIEW_ACCURACY_M: f64 = 1_000.0;

words! {
    /// Why a person must look at a place.
    ReviewReason {
        Accuracy = "accuracy" "定位精度不足";
        Venue = "venue" "活动地点坐标有误";
    }
}

/// Where an activity meets, in GCJ-02.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far from the point counts as there, in metres.
    pub radius_m: f64,
}

/// Where a phone says it is, in GCJ-02.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far the phone may be off, in metres.
    pub accuracy_m: f64,
}

/// What the place says about an admitted check-in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaceVerdict {
    /// The activity asks for no place.
    NotAsked,
    /// Certainly at the venue.
    Inside {
        /// How far from the venue's point.
        distance_m: f64,
    },
    /// Admitted, but a person must look at it.
    Review {
        /// How far from the venue's point, where that can be computed.
        distance_m: Option<f64>,
        /// What is in the way of a decision.
        why: ReviewReason,
    },
}

impl Place {
    /// Whether this is a point on earth with a radius that means something. What fails this must
    /// not be saved; a check-in there goes to review, for the fault is not the member's.
    pub fn is_valid(&self) -> bool {
        on_earth(self.latitude, self.longitude)
            && self.radius_m.is_finite()
            && 0.0 < self.radius_m
            && self.radius_m <= 100_000.0
    }
}

impl Location {
    /// Whether this is a point on earth with an accuracy. Comparisons with NaN are false, so each
    /// is written to be true only for good numbers.
    pub fn is_valid(&self) -> bool {
        on_earth(self.latitude, self.longitude)
            && self.accuracy_m.is_finite()
            && 0.0 <= self.accuracy_m
    }
}

fn on_earth(latitude: f64, longitude: f64) -> bool {
    (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
}

/// Great-circle distance in metres, by the haversine formula.
fn distance_m(place: &Place, location: &Location) -> f64 {
    let (from, to) = (place.latitude.to_radians(), location.latitude.to_radians());
    let north = (to - from) / 2.0;
    let east = (location.longitude - place.longitude).to_radians() / 2.0;
    let haversine = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
    // Rounding can push antipodes past one, and asin there is NaN.
    2.0 * EARTH_RADIUS_M * haversine.clamp(0.0, 1.0).sqrt().asin()
}

/// What the place says: outside even at best is refused, inside even at worst is inside, and what
/// lies between goes to a person.
pub(super) fn verdict(
    place: Option<&Place>,
    location: Option<&Location>,
) -> Result<PlaceVerdict, Refusal> {
    let Some(place) = place else {
        return Ok(PlaceVerdict::NotAsked);
    };
    let location = location.ok_or(Refusal::LocationMissing)?;
    if !location.is_valid() {
        return Err(Refusal::LocationInvalid);
    }
    if !place.is_valid() {
        return Ok(PlaceVerdict::Review {
            distance_m: None,
            why: ReviewReason::Venue,
        });
    }
    let distance_m = distance_m(place, location);
    let surely_outside = distance_m - location.accuracy_m > place.radius_m;
    let surely_inside = distance_m + location.accuracy_m <= place.radius_m;
    if surely_outside {
        return Err(Refusal::TooFar {
            distance_m,
            radius_m: place.radius_m,
        });
    }
    if surely_inside && location.accuracy_m <= REVIEW_ACCURACY_M {
        return Ok(PlaceVerdict::Inside { distance_m });
    }
    Ok(PlaceVerdict::Review {
        distance_m: Some(distance_m),
        why: ReviewReason::Accuracy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One degree of latitude on this sphere.
    const DEGREE_M: f64 = 111_195.08;

    fn venue() -> Place {
        Place {
            latitude: 37.0,
            longitude: 114.5,
            radius_m: 200.0,
        }
    }

    /// What is said of a phone so many metres north of the venue.
    fn phone(metres: f64, accuracy_m: f64) -> Result<PlaceVerdict, Refusal> {
        let latitude = venue().latitude + metres / DEGREE_M;
        let location = Location {
            latitude,
            longitude: venue().longitude,
            accuracy_m,
        };
        verdict(Some(&venue()), Some(&location))
    }

    fn word(verdict: Result<PlaceVerdict, Refusal>) -> &'static str {
        match verdict {
            Ok(PlaceVerdict::NotAsked) => "not asked",
            Ok(PlaceVerdict::Inside { .. }) => "inside",
            Ok(PlaceVerdict::Review { .. }) => "review",
            Err(Refusal::TooFar { .. }) => "too far",
            Err(Refusal::LocationInvalid) => "invalid",
            Err(Refusal::LocationMissing) => "missing",
            Err(_) => "other",
        }
    }

    #[test]
    fn the_table_of_distances_and_accuracies() {
        for (metres, accuracy, expected) in [
            (0.0, 0.0, "inside"),
            (0.0, 199.0, "inside"),
            (0.0, 201.0, "review"),
            (199.0, 0.0, "inside"),
            (201.0, 0.0, "too far"),
            (150.0, 49.0, "inside"),
            (150.0, 51.0, "review"),
            (250.0, 51.0, "review"),
            (250.0, 49.0, "too far"),
            (0.0, 5_000.0, "review"),
            (4_000.0, 5_000.0, "review"),
            (50_000.0, 5_000.0, "too far"),
        ] {
            assert_eq!(
                word(phone(metres, accuracy)),
                expected,
                "{metres} m ± {accuracy} m"
            );
        }
    }

    #[test]
    fn no_strange_number_passes_as_a_place() {
        let located = |latitude, longitude, accuracy_m| {
            let location = Location {
                latitude,
                longitude,
                accuracy_m,
            };
            word(verdict(Some(&venue()), Some(&location)))
        };
        assert_eq!(located(37.0, 114.5, 10.0), "inside");
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e308] {
            assert_eq!(located(number, 114.5, 10.0), "invalid", "{number}");
            assert_eq!(located(37.0, number, 10.0), "invalid", "{number}");
            assert_eq!(located(37.0, 114.5, number), "invalid", "{number}");
        }
        assert_eq!(located(90.1, 114.5, 10.0), "invalid");
        assert_eq!(located(37.0, -180.1, 10.0), "invalid");
        assert_eq!(located(37.0, 114.5, -0.1), "invalid");
        assert_eq!(located(37.0, 114.5, f64::MAX), "review");
    }

    #[test]
    fn a_broken_venue_is_not_the_members_fault() {
        let location = Location {
            latitude: 37.0,
            longitude: 114.5,
            accuracy_m: 10.0,
        };
        for place in [
            Place {
                radius_m: f64::NAN,
                ..venue()
            },
            Place {
                radius_m: f64::INFINITY,
                ..venue()
            },
            Place {
                radius_m: -1.0,
                ..venue()
            },
            Place {
                latitude: f64::NAN,
                ..venue()
            },
        ] {
            let review = PlaceVerdict::Review {
                distance_m: None,
                why: ReviewReason::Venue,
            };
            assert_eq!(verdict(Some(&place), Some(&location)), Ok(review));
        }
    }

    #[test]
    fn distances_agree_with_the_map() {
        let between = |a: (f64, f64), b: (f64, f64)| {
            let place = Place {
                latitude: a.0,
                longitude: a.1,
                radius_m: 1.0,
            };
            let location = Location {
                latitude: b.0,
                longitude: b.1,
                accuracy_m: 0.0,
            };
            distance_m(&place, &location)
        };
        // A quarter of the equator, pole to pole, across the date line, and the antipode.
        for (a, b, metres) in [
            ((0.0, 0.0), (0.0, 90.0), 10_007_557.0),
            ((90.0, 0.0), (-90.0, 0.0), 20_015_114.0),
            ((0.0, 179.5), (0.0, -179.5), DEGREE_M),
            ((37.0, 114.5), (-37.0, -65.5), 20_015_114.0),
        ] {
            assert!(
                (between(a, b) - metres).abs() < 2.0,
                "{a:?} {b:?} {}",
                between(a, b)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_gets_an_answer(
            latitude in proptest::num::f64::ANY,
            longitude in proptest::num::f64::ANY,
            accuracy_m in proptest::num::f64::ANY,
        ) {
            let location = Location { latitude, longitude, accuracy_m };
            match verdict(Some(&venue()), Some(&location)) {
                Ok(PlaceVerdict::Inside { distance_m }) => proptest::prop_assert!(distance_m <= 200.0),
                Err(Refusal::TooFar { distance_m, .. }) => proptest::prop_assert!(distance_m > 200.0),
                Ok(PlaceVerdict::Review { distance_m, .. }) => {
                    proptest::prop_assert!(distance_m.is_some_and(f64::is_finite));
                }
                other => proptest::prop_assert_eq!(other, Err(Refusal::LocationInvalid)),
            }
        }
    }
}
