declare module "asl-validator" {
  /** The package ships no types that its `exports` lead to. */
  export default function validate(definition: unknown): Promise<{ isValid: boolean; errors: unknown[] }>;
}
