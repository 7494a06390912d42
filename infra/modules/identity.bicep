metadata description = 'The one identity the function app acts as. User-assigned: its rights exist before the app first starts, and survive the app being made anew.'

@description('Name of the identity; also its name as a database user.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output name string = identity.name
output principalId string = identity.properties.principalId
output clientId string = identity.properties.clientId
