declare module 'nact/lib/actor.js' {
  export const Actor: { readonly prototype: { createContext: (sender: unknown) => object } };
}
