//! The table of who may do what, asked from outside.

use domain::authority::{Extent, Operation, Role, extent, roles};

#[test]
fn whoever_lacks_a_seat_is_told_which_ones_would_do() {
    let may: Vec<Role> = roles(Operation::ScoresExport).collect();
    assert_eq!(may, [Role::Office, Role::Leader, Role::Auditor]);
    let may: Vec<Role> = roles(Operation::RulebookAdopt).collect();
    assert_eq!(may, [Role::Leader]);
}

#[test]
fn the_roles_of_an_operation_are_those_that_reach_somewhere() {
    for &operation in Operation::ALL {
        for &role in Role::ALL {
            let reaches = extent(operation, role) != Extent::None;
            assert_eq!(
                roles(operation).any(|one| one == role),
                reaches,
                "{operation} {role}"
            );
        }
    }
}
