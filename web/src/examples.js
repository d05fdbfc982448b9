// The tabs that the console opens with.

const clients = `# Clients and their stays, as far as you
# may see them: a field kept from you is
# null, and withheld says why.
#
# Ctrl-Enter runs the query,
# Ctrl-Space shows what fits.
query Clients {
  clients(first: 5) {
    totalCount
    nodes {
      firstName
      dob
      enrollments(first: 2) {
        nodes {
          entryDate
          disablingCondition
          project {
            projectName
          }
          exit {
            exitDate
            destination
          }
          withheld {
            field
            reason
          }
        }
      }
    }
  }
}
`;

const viewer = `# Who you are to the hub;
# null when nobody is signed in.
query Viewer {
  viewer {
    username
    role
  }
}
`;

export const examples = [{ query: clients }, { query: viewer }];
