/**
 * Null where there is no row to ask for. Pothos holds that what was selected below is used, also
 * where nothing stands below: reading it is what it takes for that.
 */
export function noRow(query: object): null {
  Object.values(query);
  return null;
}
