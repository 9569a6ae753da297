import { type Recipe, readRecipe } from '../../../src/legacy/recipes/recipe.ts';

/** A recipe that the test knows to be sound. */
export function recipeOf(text: string): Recipe {
  const read = readRecipe(text);
  if (!read.ok) throw new Error(`${text}: ${read.fault.message}`);
  return read.value;
}
