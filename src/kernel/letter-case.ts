/** The contract's word for a word of the wire; of a union, each of its words. */
export const upper = <Text extends string>(text: Text) => text.toUpperCase() as Uppercase<Text>;

/** The wire's word for a word of the contract. */
export const lower = <Text extends string>(text: Text) => text.toLowerCase() as Lowercase<Text>;
